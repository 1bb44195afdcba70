import Foundation
import MNV4
import MNV4Format
import MarkupTesting
import Testing

/// `mnv4-quantize` on the bundled model.
@Suite struct QuantizeTests {
  private let work: QuantizeFolder
  private var folder: TemporaryFolder { work.folder }

  init() throws { work = try QuantizeFolder() }

  @Test func modelBecomesIntegersAndRuns() throws {
    let result = try work.quantize()
    #expect(result.status == 0, "\(result.errors)")
    for text in [
      "mobilenetv4_conv_small: int8 quantization", "ranges            minmax",
      "calibrated on     3 pictures", "accuracy          not measured",
      "warning: 3 calibration inputs: ranges may be too narrow",
    ] {
      #expect(result.output.contains(text), "\(text)")
    }
    let sizes = try [work.output, Repository.model].map { try TemporaryFolder.bytes($0).count }
    #expect(sizes[0] * 100 <= sizes[1] * 27)
    #expect(try folder.contents == ["pictures", "q.mnv4"])

    let run = try Command.run(work.output, Repository.picture, "--require-int8", "--explain")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("int8") && run.output.contains("cat"))
    let float = try Command.run(Repository.model, "--require-int8")
    #expect(float.status == 1)
    #expect(float.errors.contains("--require-int8: expected integers in every step"))

    let described = try Command.convert("--describe", work.output)
    #expect(described.output.contains("int8 1×32×32×3"))
    #expect(described.output.contains("minmax"))
  }

  /// Every backend and number of threads gives the same probabilities.
  @Test func backendsAgree() throws {
    #expect(try work.quantize().status == 0)
    var outputs: Set<String> = []
    for backend in Model.backendNames {
      for threads in ["1", "8"] {
        let run = try Command.run(
          work.output, Repository.picture, folder("pictures/0.png"), "--json", "--top", "10",
          "--backend", backend, "--threads", threads)
        #expect(run.status == 0, "\(run.errors)")
        outputs.insert(
          run.output.replacing(/"(backend|threads|milliseconds|[a-z_]*_ms)":[^,}]*/, with: ""))
      }
    }
    #expect(outputs.count == 1)
  }

  @Test func jsonHasItsKeys() throws {
    let result = try work.quantize("--json", folder("r.json"))
    #expect(result.status == 0, "\(result.errors)")
    let object = try JSON.object(
      String(decoding: TemporaryFolder.bytes(folder("r.json")), as: UTF8.self))
    let keys: Set = [
      "network", "calibration_count", "warnings", "layers", "equalized_pairs", "kept_layers",
      "output_decibels", "accuracy", "latency_milliseconds", "float_byte_count",
      "integer_byte_count", "processor",
    ]
    #expect(keys.isSubset(of: object.keys))
    #expect(object["calibration_count"] as? Int == 3)
    #expect(object["integer_byte_count"] as? Int == (try TemporaryFolder.bytes(work.output)).count)
    #expect((object["output_decibels"] as? Double ?? 0) > 20)
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.count > 50)
    #expect(layers.allSatisfy { $0["is_float"] as? Bool == false })
  }

  @Test func reportIsOneWellFormedPage() throws {
    #expect(try work.quantize("--report", folder("r.html")).status == 0)
    let text = String(decoding: try TemporaryFolder.bytes(folder("r.html")), as: UTF8.self)
    #expect(ParsedPage(text).isWellFormed)
    for reference in [/src=/, /https?:\/\/(?!www\.w3\.org)/, /@import/, /url\(/] {
      #expect(text.firstMatch(of: reference) == nil)
    }
    #expect(try folder.contents == ["pictures", "q.mnv4", "r.html"])
  }

  #if DEBUG
    private static let methods: [[String]] = [[]]
  #else
    private static let methods = [
      [], ["--rounding", "second-order", "--correct-bias", "--equalize"],
      ["--calibrator", "entropy"], ["--calibrator", "mse"], ["--weights", "per-tensor"],
    ]
  #endif

  @Test(arguments: methods) func sameArgumentsGiveTheSameBytes(_ method: [String]) throws {
    var files: Set<[UInt8]> = []
    for threads in ["1", "3"] {
      let result = try Command.quantize(work.arguments + method + ["--threads", threads])
      #expect(result.status == 0, "\(result.errors)")
      files.insert(try TemporaryFolder.bytes(work.output))
    }
    #expect(files.count == 1)
  }

  @Test func samplesAreDrawnBySeed() throws {
    for index in 3..<12 {
      try folder.write(PNGFile.gradient(seed: index), to: "pictures/\(index).png")
    }
    var files: [[UInt8]] = []
    for seed in ["1", "1", "2"] {
      let result = try work.quantize("--samples", "3", "--seed", seed)
      #expect(result.output.contains("calibrated on     3 pictures"), "\(result.errors)")
      files.append(try TemporaryFolder.bytes(work.output))
    }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
  }

  @Test func layersStayInFloat() throws {
    let result = try work.quantize("--keep-float", "conv_stem", "--keep-float", "blocks.2.1")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("conv_stem"))
    let run = try Command.run(work.output, "--require-int8")
    #expect(run.status == 1)
    #expect(run.errors.contains("  conv_stem: ") && run.errors.contains("  blocks.2.1.pw_exp: "))
    #expect(!run.errors.contains("blocks.2.2"))
    #expect(try Command.run(work.output, Repository.picture).status == 0)
  }

  // MARK: Accuracy

  @Test func accuracyOfFoldersIsReported() throws {
    let cat = try TemporaryFolder.bytes(Repository.picture)
    for name in ["cat", "dog"] {
      try folder.makeFolder("labelled/\(name)")
      try folder.write(cat, to: "labelled/\(name)/a.png")
    }
    let result = try work.quantize("--validate", folder("labelled"), "--json", folder("r.json"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("(1 and 1 of 2 pictures right)"), "\(result.output)")
    #expect(result.output.contains("agreement         100"))
    let object = try JSON.object(
      String(decoding: TemporaryFolder.bytes(folder("r.json")), as: UTF8.self))
    #expect(
      object["accuracy"] as? [String: Int] == [
        "picture_count": 2, "float_correct": 1, "integer_correct": 1, "agreement_count": 2,
      ])
  }

  @Test func accuracyOfAListIsReported() throws {
    try folder.write(try TemporaryFolder.bytes(Repository.picture), to: "a.png")
    let list = try folder.write("file,class_index\na.png,2\n", to: "labels.csv")
    let result = try work.quantize(
      "--validate", folder.path, "--labels", list, "--label-offset", "1", "--max-drop", "0")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("(1 and 1 of 1 pictures right)"), "\(result.output)")
    #expect(try Command.run(work.output, "--require-int8").status == 0)
  }

  #if !DEBUG
    /// Pictures labelled with what the float network sees, and a network of integers that sees something
    /// else in one of them: as few layers as it takes stay in float.
    @Test func maximumDropKeepsLayersInFloat() throws {
      var lines: [String] = []
      for index in 0..<24 {
        let path = try folder.write(PNGFile.gradient(seed: index), to: "\(index).png")
        let run = try Command.run(Repository.model, path, "--json", "--top", "1")
        let predictions = try JSON.object(run.output)["predictions"] as? [[String: Any]]
        let label = try #require(predictions?.first?["index"] as? Int)
        lines.append("\(index).png,\(label)")
      }
      let list = try folder.write(lines.joined(separator: "\n"), to: "labels.csv")
      // A poor method, which errs.
      let result = try work.quantize(
        "--calibrator", "percentile", "--percentile", "80", "--weights", "per-tensor", "--rounding",
        "nearest", "--validate", folder.path, "--labels", list, "--max-drop", "0", "--json",
        folder("r.json"))
      #expect(result.status == 0, "\(result.errors)")
      let object = try JSON.object(
        String(decoding: TemporaryFolder.bytes(folder("r.json")), as: UTF8.self))
      let accuracy = try #require(object["accuracy"] as? [String: Int])
      #expect(accuracy["float_correct"] == 24)
      #expect(accuracy["integer_correct"] == 24)
      let kept = try #require(object["kept_layers"] as? [[String: Any]])
      #expect(!kept.isEmpty && kept.count < 57)
      let run = try Command.run(work.output, "--require-int8")
      for layer in kept {
        #expect(run.errors.contains("  \(layer["name"] as? String ?? "?"): "))
      }
    }
  #endif
}
