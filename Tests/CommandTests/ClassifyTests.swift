import Foundation
import MNV4Core
import Testing

@Suite struct ClassifyTests {
  #if XNNPACK
    static let backends = ["microkernels", "xnnpack", "swift", "auto"]
  #else
    static let backends = ["microkernels", "swift", "auto"]
  #endif

  @Test(arguments: backends) func bundledPictureIsACat(_ backend: String) throws {
    let result = try Command.run(
      Repository.model, Repository.picture, "--top", "2", "--backend", backend)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors == "")
    let lines = result.outputLines
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("\(Repository.picture)  (") == true)
    #expect(
      lines.dropFirst().map { $0.split(separator: " ").joined(separator: " ") }
        == ["79.3 % cat", "7.9 % dog"])
  }

  @Test func jsonHasItsKeysAndNoOther() throws {
    let result = try Command.run(
      Repository.model, Repository.picture, Repository.picture, "--top", "3", "--json")
    #expect(result.status == 0)
    #expect(result.outputLines.count == 2)
    for line in result.outputLines {
      let object = try JSON.object(line)
      #expect(object.keys.sorted() == ["file", "milliseconds", "predictions"])
      #expect(object["file"] as? String == Repository.picture)
      #expect(try #require(object["milliseconds"] as? Double) > 0)
      let predictions = try #require(object["predictions"] as? [[String: Any]])
      #expect(predictions.count == 3)
      for entry in predictions {
        #expect(entry.keys.sorted() == ["index", "label", "probability"])
      }
      #expect(predictions[0]["label"] as? String == "cat")
      #expect(predictions[0]["index"] as? Int == 3)
      let probability = try #require(predictions[0]["probability"] as? Double)
      #expect(abs(probability - 0.793) < 0.001)
    }
  }

  @Test func brokenPictureDoesNotStopTheOthers() throws {
    let folder = try TemporaryFolder()
    let broken = try folder.write("no picture at all", to: "broken.png")
    let result = try Command.run(
      Repository.model, Repository.picture, broken, folder("absent.jpg"), Repository.picture,
      "--top", "1")
    #expect(result.status == 1)
    #expect(result.output.components(separatedBy: "cat").count == 3)
    #expect(result.errors.contains("Error: \(broken): "))
    #expect(result.errors.contains("Error: \(folder("absent.jpg")): cannot open"))
  }

  @Test func moreClassesThanThereAreIsAllOfThem() throws {
    let result = try Command.run(Repository.model, Repository.picture, "--top", "1000000")
    #expect(result.status == 0)
    #expect(result.outputLines.count == 11)
  }

  @Test func modelThatIsNoneIsRefused() throws {
    let folder = try TemporaryFolder()
    let cases = [
      (folder("absent.mnv4"), "cannot open: No such file or directory"),
      (folder.path, "expected a regular file"),
      (Repository.picture, "header: signature: expected that of an .mnv4 file"),
      (try folder.write("", to: "empty.mnv4"), "the file is cut short"),
      ("/dev/null", "expected a regular file"),
    ]
    for (path, message) in cases {
      let result = try Command.run(path, Repository.picture)
      #expect(result.status == 1)
      #expect(result.output == "")
      #expect(result.errors.contains("\(path): \(message)"), "\(result.errors)")
    }
  }

  @Test func explanationListsEveryStep() throws {
    let result = try Command.run(Repository.model, "--explain", "--threads", "1")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    let gap = try #require(lines.firstIndex(of: ""))
    #expect(gap == 49, "a header and 48 steps")
    for name in ["conv_stem", "blocks.2.0.dw_start", "blocks.3.5.pw_proj", "classifier"] {
      #expect(lines[1..<gap].contains { $0.hasPrefix("\(name) ") }, "\(name)")
    }
    #expect(result.output.contains("steps     48: "))
    #expect(result.output.contains("1 thread\n"))
  }

  @Test func profileHasARowAStep() throws {
    let result = try Command.run(Repository.model, "--profile", "--threads", "1")
    #expect(result.status == 0)
    #expect(result.outputLines[49].hasPrefix("total "))
    #expect(result.outputLines[50].hasPrefix("50 runs, threads: 1; "))
  }

  @Test func profileIsWrittenAsATrace() throws {
    let folder = try TemporaryFolder()
    let result = try Command.run(Repository.model, "--profile-json", folder("trace.json"))
    #expect(result.status == 0)
    #expect(result.output == "")
    let trace = try JSON.object(
      String(decoding: try TemporaryFolder.bytes(folder("trace.json")), as: UTF8.self))
    let events = try #require(trace["traceEvents"] as? [[String: Any]])
    #expect(events.count == 48)
    var end = 0.0
    for event in events {
      #expect(event["ph"] as? String == "X")
      let start = try #require(event["ts"] as? Double)
      #expect(start >= end - 1)
      end = start + (try #require(event["dur"] as? Double))
      #expect(event["name"] is String)
      #expect((event["args"] as? [String: String])?["kernel"] != nil)
    }
  }

  /// `| head` and the like end a command quietly.
  @Test func readerThatLeavesIsNoFailure() throws {
    for arguments in [
      [Repository.model, Repository.picture], [Repository.model, "--explain"],
    ] {
      let result = try Command.run.runWithClosedPipe(arguments[0], arguments[1])
      #expect(result.status == 0 && !result.wasSignalled)
      #expect(result.errors == "")
    }
    for result in [
      try Command.convert.runWithClosedPipe("--describe", Repository.model),
      try Command.bench.runWithClosedPipe(Repository.model, "--runs", "1"),
    ] {
      #expect(result.status == 0 && !result.wasSignalled)
      #expect(result.errors == "")
    }
  }

  /// Results that cannot be written are a failure, unlike a reader that has had enough.
  @Test func fullDiskIsAFailure() throws {
    for arguments in ["\"$1\" \"$2\"", "\"$1\" --explain"] {
      let result = try Command.shell(
        "-c", "exec \"$0\" \(arguments) > /dev/full", Command.run.path, Repository.model,
        Repository.picture)
      #expect(result.status == 1 && !result.wasSignalled)
      #expect(result.errors == "cannot write the results: No space left on device\n")
    }
  }
}
