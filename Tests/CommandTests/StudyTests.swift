import MarkupTesting
import Testing

@Suite struct StudyTests {
  @Test func writesEveryForm() throws {
    let folder = try TemporaryFolder()
    let result = try Command.bench(
      "study", "identity-multiplier", "--quick", "--runs", "2", "-o", folder("id"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors == "")
    #expect(
      try folder.contents == [
        "id-latency.csv", "id-table-7.csv", "id-ten-pictures.csv", "id.html", "id.json", "id.txt",
      ])
    let text = String(decoding: try TemporaryFolder.bytes(folder("id.txt")), as: UTF8.self)
    #expect(text == result.output)
    #expect(text.contains("Findings") && text.contains("paper ms"))
    let page = ParsedPage(
      String(decoding: try TemporaryFolder.bytes(folder("id.html")), as: UTF8.self))
    #expect(page.isWellFormed && page.elements("figure").count == 2)
    #expect(page.elements.allSatisfy { $0.attributes["src"] == nil })

    let object = try JSON.object(
      String(decoding: try TemporaryFolder.bytes(folder("id.json")), as: UTF8.self))
    #expect(object["study"] as? String == "identity-multiplier")
    let tables = try #require(object["tables"] as? [String: [[String: Any]]])
    let rows = try #require(tables["latency"])
    // Four multipliers and a control, at two sizes in two types.
    #expect(rows.count == 20)
    for row in rows {
      let ratio = try #require(row["ratio"] as? [String: Double])
      #expect(try #require(ratio["low"]) <= #require(ratio["high"]))
    }
    let summary = try #require(tables["table-7"])
    #expect(summary.map { $0["paper_ms"] as? Double } == [211, 196, 195, 188])
    #expect(summary.allSatisfy { $0["parameters"] as? Int == 3_535_416 })
    let csv = String(
      decoding: try TemporaryFolder.bytes(folder("id-table-7.csv")), as: UTF8.self)
    #expect(csv.hasPrefix("multiplier,paper_top1,paper_ms,paper_ratio,parameters,"))
    #expect(csv.split(separator: "\n").count == 5)
  }

  @Test(arguments: [
    ([], "Missing expected argument '<name>'"),
    (["identity-multipler"], "Did you mean 'identity-multiplier'?"),
    (["zzz"], "expected a study, uib, mobilenext-vs-v2, identity-multiplier, extra-depthwise"),
    (["uib", "--runs", "1"], "--runs: expected 2 to 100000, found 1."),
    (["uib", "--limit", "5"], "--limit goes with --data."),
    (["uib", "--limit", "0", "--data", "d"], "--limit: expected at least 1, found 0."),
    (["uib", "--threads", "0"], "--threads: expected 1 to 256, found 0."),
    (["uib", "--backend", "cuda"], "'cuda' is invalid"),
    (["uib", "extra"], "Unexpected argument 'extra'"),
  ])
  func wrongUsage(_ arguments: [String], _ message: String) throws {
    let result = try Command.bench(["study"] + arguments)
    #expect(result.status == 64 && !result.wasSignalled)
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("mnv4-bench study"))
  }

  @Test(arguments: [
    (["--data", "/absent/data"], "/absent/data/train: "),
    (["--models", "/absent/models"], "/absent/models: "),
    (["-o", "/absent/folder/prefix"], "/absent/folder/prefix.txt: "),
  ])
  func refused(_ arguments: [String], _ message: String) throws {
    let result = try Command.bench(["study", "identity-multiplier", "--quick"] + arguments)
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func modelsAreChecked() throws {
    let folder = try TemporaryFolder()
    let file = "mobilenext_050_cifar10.mnv4"
    try folder.write("no model at all", to: file)
    let result = try Command.bench(
      "study", "identity-multiplier", "--quick", "--models", folder.path)
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains(folder(file)), "\(result.errors)")
  }

  @Test func helpNamesEveryStudy() throws {
    let result = try Command.bench("study", "--help")
    #expect(result.status == 0)
    for word in [
      "uib", "mobilenext-vs-v2", "identity-multiplier", "extra-depthwise", "--data", "--models",
      "--runs", "--threads", "--backend", "--output", "--quick", "--limit", "USAGE: ",
    ] {
      #expect(result.output.contains(word), "\(word)")
    }
  }
}
