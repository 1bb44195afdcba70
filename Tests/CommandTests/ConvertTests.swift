import Foundation
import Testing

@Suite struct ConvertTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(try Self.checkpoint.get(), to: "w.safetensors")
  }

  private static let checkpoint = Result { try Checkpoint.mobileNetV4(classCount: 3) }

  private func convert(_ arguments: String..., to output: String) throws -> CommandResult {
    try Command.convert(
      [folder("w.safetensors"), "--arch", "mobilenetv4_conv_small", "-o", output] + arguments)
  }

  /// Rows of `key`, then its value.
  private func value(_ key: String, in description: String) -> String? {
    description.split(separator: "\n").first { $0.hasPrefix("\(key) ") }
      .map { String($0.dropFirst(key.count).drop { $0 == " " }) }
  }

  @Test func checkpointBecomesAModelThatRuns() throws {
    let labels = try folder.write("chat\nchien\noiseau\n", to: "labels.txt")
    let converted = try convert(
      "--input-size", "32", "--labels", labels, "--note", "licence=CC0", "--note", "notes=a=b",
      "--resize", "stretch", "--interpolation", "bilinear", "--crop-fraction", "1", "--mean",
      "0.5,0.5,0.5", "--std", "0.25, 0.25, 0.25", to: folder("m.mnv4"))
    #expect(converted.status == 0, "\(converted.errors)")
    #expect(converted.output == "")
    #expect(converted.errors.contains("m.mnv4: mobilenetv4_conv_small, 3 classes, "))

    let described = try Command.convert("--describe", folder("m.mnv4"))
    #expect(described.status == 0)
    let text = described.output
    #expect(value("network", in: text) == "mobilenetv4_conv_small")
    #expect(value("input", in: text) == "float32 1×32×32×3")
    #expect(value("output", in: text) == "float32 1×3")
    #expect(value("labels", in: text) == "3: chat, chien, oiseau")
    #expect(value("mean", in: text) == "0.5, 0.5, 0.5")
    #expect(value("deviation", in: text) == "0.25, 0.25, 0.25")
    #expect(value("resize", in: text)?.hasPrefix("both sides to input / 1.0 (bilinear") == true)
    #expect(value("architecture", in: text) == "mobilenetv4_conv_small")
    #expect(value("source", in: text) == "w.safetensors")
    #expect(value("licence", in: text) == "CC0")
    #expect(value("notes", in: text) == "a=b")
    #expect(!text.contains("batch normalization"))

    let run = try Command.run(folder("m.mnv4"), Repository.picture, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let predictions = try #require(
      try JSON.object(run.output)["predictions"] as? [[String: Any]])
    #expect(
      Set(predictions.compactMap { $0["label"] as? String }) == ["chat", "chien", "oiseau"])
  }

  @Test func sameCheckpointGivesTheSameBytes() throws {
    for name in ["a.mnv4", "b.mnv4"] {
      #expect(try convert("--input-size", "32", to: folder(name)).status == 0)
    }
    #expect(
      try TemporaryFolder.bytes(folder("a.mnv4")) == TemporaryFolder.bytes(folder("b.mnv4")))
  }

  /// Half the bytes, nearly the same answer, and a description that says so.
  @Test func halfPrecisionHalvesTheFile() throws {
    for (name, arguments) in [("whole.mnv4", []), ("half.mnv4", ["--half-precision"])] {
      let converted = try Command.convert(
        [
          folder("w.safetensors"), "--arch", "mobilenetv4_conv_small", "--input-size", "32", "-o",
          folder(name),
        ] + arguments)
      #expect(converted.status == 0, "\(converted.errors)")
    }
    let whole = try TemporaryFolder.bytes(folder("whole.mnv4"))
    let half = try TemporaryFolder.bytes(folder("half.mnv4"))
    #expect(Double(half.count) < 0.51 * Double(whole.count))
    let text = try Command.convert("--describe", folder("half.mnv4")).output
    #expect(value("weights", in: text)?.contains("layers' as float16") == true)
    let logits = try ["whole.mnv4", "half.mnv4"].map { name in
      let run = try Command.run(folder(name), Repository.picture, "--json", "--top", "3")
      #expect(run.status == 0, "\(run.errors)")
      let predictions = try #require(
        try JSON.object(run.output)["predictions"] as? [[String: Any]])
      return try predictions.map { try #require($0["probability"] as? Double) }
    }
    #expect(zip(logits[0], logits[1]).allSatisfy { abs($0 - $1) < 0.01 }, "\(logits)")
    #expect(logits[0] != logits[1])
  }

  @Test func everyNetworkIsListed() throws {
    let result = try Command.convert("--list-archs")
    #expect(result.status == 0)
    let line = try #require(
      result.outputLines.first { $0.hasPrefix("mobilenetv4_conv_small ") })
    for cell in ["3,774,024", "186,005,568", "224×224", "arXiv 2404.10518"] {
      #expect(line.contains(cell))
    }
  }

  @Test(arguments: [
    (["--classes", "4"], "w.safetensors: tensor 'classifier.weight': shape: expected 4×1280"),
    (["--classes", "0"], "classes: expected 1 to 100000, found 0"),
    (["--input-size", "7"], "input size: expected 8 to 4096, found 7"),
    (["--total-stride", "4"], "total stride: expected 32, 16 or 8, found 4"),
  ])
  func networksThatDoNotFitAreRefused(_ arguments: [String], _ message: String) throws {
    let result = try Command.convert(
      [folder("w.safetensors"), "--arch", "mobilenetv4_conv_small", "-o", folder("m.mnv4")]
        + arguments)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try folder.contents == ["w.safetensors"])
  }

  @Test(arguments: [
    (["--mean", "1,2"], "--mean: expected three numbers, found '1,2'."),
    (["--mean", "1,2,x"], "--mean: expected three numbers, found '1,2,x'."),
    (["--std", "0,1,1"], "expected a standard deviation from 0.000001 to 1000000, found 0.0"),
    (["--mean", "nan,1,1"], "expected a mean from -1000000 to 1000000, found nan"),
    (["--crop-fraction", "0.1"], "expected a crop fraction above 0.1, at most 1, found 0.1"),
    (["--crop-fraction", "nan"], "expected a crop fraction above 0.1, at most 1, found nan"),
  ])
  func badPreprocessingIsWrongUsage(_ arguments: [String], _ message: String) throws {
    let result = try Command.convert(
      [folder("w.safetensors"), "--arch", "mobilenetv4_conv_small", "-o", folder("m.mnv4")]
        + arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try folder.contents == ["w.safetensors"])
  }

  @Test func labelsMustBeOneAClass() throws {
    let labels = try folder.write("a\nb\n", to: "labels.txt")
    let result = try convert("--labels", labels, to: folder("m.mnv4"))
    #expect(result.status == 1)
    #expect(result.errors.contains("\(labels): expected 3 labels, found 2"))
  }

  // MARK: Where the model goes

  @Test func outputThatCannotBeWrittenIsNamed() throws {
    try folder.makeFolder("taken")
    for target in [folder("taken"), folder("absent/m.mnv4"), "/dev/null", "/proc/m.mnv4", ""] {
      let result = try convert("--input-size", "32", to: target)
      #expect(result.status == 1 && !result.wasSignalled, "'\(target)'")
      #expect(result.errors.contains("\(target): "), "\(result.errors)")
    }
    #expect(try folder.contents == ["taken", "w.safetensors"])
  }

  @Test func existingModelIsReplacedOrKept() throws {
    let output = try folder.write("old", to: "m.mnv4")
    let refused = try convert("--classes", "9", to: output)
    #expect(refused.status == 1)
    #expect(try TemporaryFolder.bytes(output) == Array("old".utf8))
    #expect(try convert("--input-size", "32", to: output).status == 0)
    #expect(try TemporaryFolder.bytes(output).count > 1_000_000)
    #expect(try folder.contents == ["m.mnv4", "w.safetensors"])
  }

  /// A file system that runs full half way: here, the limit of a file's size.
  @Test func failedWriteKeepsTheOldModel() throws {
    let output = try folder.write("old", to: "m.mnv4")
    let script = """
      ulimit -f 1000
      exec env --default-signal=XFSZ "$0" "$1" --arch mobilenetv4_conv_small -o "$2"
      """
    let result = try Command.shell(
      "-c", script, Command.convert.path, folder("w.safetensors"), output)
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains("\(output): cannot write: File too large"), "\(result.errors)")
    #expect(try TemporaryFolder.bytes(output) == Array("old".utf8))
    #expect(try folder.contents == ["m.mnv4", "w.safetensors"])
  }

  /// The checkpoint's own path as output leaves a model there, whole.
  @Test func outputMayBeTheSource() throws {
    let path = folder("w.safetensors")
    #expect(try convert("--input-size", "32", to: path).status == 0)
    #expect(try Command.convert("--describe", path).status == 0)
  }

  @Test(arguments: [0, 7, 8, 1_000, 100_000, 1_000_000]) func truncatedCheckpointsAreRefused(
    _ byteCount: Int
  ) throws {
    try folder.write(try Self.checkpoint.get().prefix(byteCount), to: "w.safetensors")
    let result = try convert(to: folder("m.mnv4"))
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains("w.safetensors: "))
    #expect(try folder.contents == ["w.safetensors"])
  }
}
