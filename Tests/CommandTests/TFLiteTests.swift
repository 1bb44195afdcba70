import Foundation
import TFLiteSamples
import Testing

/// `mnv4-convert` on TensorFlow Lite files.
@Suite struct TFLiteTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(TFLiteSample.floatNetwork().bytes, to: "float.tflite")
    try folder.write(TFLiteSample.int8Network().bytes, to: "int8.tflite")
    try folder.write(TFLiteSample.uint8Network().bytes, to: "uint8.tflite")
  }

  private func convert(_ source: String, _ arguments: String...) throws -> CommandResult {
    try Command.convert([folder(source), "-o", folder("m.mnv4")] + arguments)
  }

  /// The rows of `--describe` up to the layers: key and value.
  private func described() throws -> [String: String] {
    let result = try Command.convert("--describe", folder("m.mnv4"))
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.outputLines.prefix { !$0.hasPrefix("layer ") }.map { line in
      let key = line.prefix { $0 != " " }
      return (String(key), String(line.dropFirst(key.count).drop { $0 == " " }))
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  @Test func floatFileBecomesAModelThatRuns() throws {
    let labels = try folder.write("chat\nchien\noiseau\n", to: "labels.txt")
    let converted = try convert("float.tflite", "--labels", labels, "--note", "licence=CC0")
    #expect(converted.status == 0, "\(converted.errors)")
    #expect(converted.errors.contains("TensorFlow Lite file of 5 operators, float"))
    #expect(converted.errors.contains("m.mnv4: float, 3 classes, "))
    let rows = try described()
    #expect(rows["network"] == "float")
    #expect(rows["input"] == "float32 1×8×8×3")
    #expect(rows["output"] == "float32 1×3")
    #expect(rows["mean"] == "0.5, 0.5, 0.5" && rows["deviation"] == "0.5, 0.5, 0.5")
    #expect(rows["resize"]?.hasPrefix("shorter side to input / 0.875 (bilinear") == true)
    #expect(rows["source"] == "float.tflite" && rows["licence"] == "CC0")
    #expect(rows["notes"] == nil && rows["architecture"] == nil)
    let run = try Command.run(folder("m.mnv4"), Repository.picture, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let predictions = try #require(
      try JSON.object(run.output)["predictions"] as? [[String: Any]])
    // Probabilities as the network's own softmax gives them.
    let sum = predictions.compactMap { $0["probability"] as? Double }.reduce(0, +)
    #expect(abs(sum - 1) < 1e-5)
  }

  @Test(arguments: [
    ("int8.tflite", "uint8", "0.5019608"), ("uint8.tflite", "uint8", "0.49803922"),
  ])
  func quantizedFileStaysQuantized(_ file: String, _ type: String, _ mean: String) throws {
    let converted = try convert(file)
    #expect(converted.status == 0, "\(converted.errors)")
    let rows = try described()
    #expect(rows["input"] == "\(type) 1×8×8×3" && rows["output"] == "\(type) 1×3")
    #expect(rows["mean"] == "\(mean), \(mean), \(mean)")
    #expect(rows["notes"] == nil)
  }

  @Test(arguments: ["int8.tflite", "uint8.tflite"]) func dequantizedFileIsFloatAndRuns(
    _ file: String
  ) throws {
    let converted = try convert(file, "--dequantize")
    #expect(converted.status == 0, "\(converted.errors)")
    let rows = try described()
    #expect(rows["input"] == "float32 1×8×8×3" && rows["output"] == "float32 1×3")
    #expect(rows["notes"] == "float32 weights from an 8-bit grid")
    let run = try Command.run(folder("m.mnv4"), Repository.picture)
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func preprocessingOptionsReplaceWhatTheFileSays() throws {
    let converted = try convert("uint8.tflite", "--mean", "0,0,0", "--resize", "stretch")
    #expect(converted.status == 0, "\(converted.errors)")
    let rows = try described()
    #expect(rows["mean"] == "0.0, 0.0, 0.0")
    #expect(rows["resize"]?.hasPrefix("both sides to input / 0.875") == true)
  }

  @Test func contentsTellTheKindOfAFile() throws {
    try folder.write(TFLiteSample.floatNetwork().bytes, to: "network.safetensors")
    #expect(try convert("network.safetensors").status == 0)
    try folder.write("no network at all", to: "text.tflite")
    let refused = try convert("text.tflite")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("text.tflite: "), "\(refused.errors)")
  }

  @Test(arguments: [
    ["--arch", "mobilenetv2_100"], ["--classes", "3"], ["--input-size", "8"],
    ["--total-stride", "16"],
  ])
  func optionsOfCheckpointsAreWrongUsage(_ arguments: [String]) throws {
    let result = try Command.convert(
      [folder("float.tflite"), "-o", folder("m.mnv4")] + arguments)
    #expect(result.status == 64)
    #expect(
      result.errors.contains("\(arguments[0]) goes with a checkpoint; \(folder("float.tflite"))"),
      "\(result.errors)")
  }

  @Test func checkpointsCannotBeDequantized() throws {
    try folder.write(try Checkpoint.mobileNetV4(classCount: 3), to: "w.safetensors")
    let result = try convert("w.safetensors", "--dequantize")
    #expect(result.status == 64)
    #expect(
      result.errors.contains("--dequantize goes with a TensorFlow Lite file"), "\(result.errors)")
  }

  @Test func refusalNamesFileAndOperator() throws {
    var sample = TFLiteSample.floatNetwork()
    sample.operators[0].code = 17
    try folder.write(sample.bytes, to: "pool.tflite")
    let result = try convert("pool.tflite")
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        "pool.tflite: operator 0 (MAX_POOL_2D): not supported: operator MAX_POOL_2D"),
      "\(result.errors)")
    #expect(try folder.contents.contains("m.mnv4") == false)
  }

  @Test(arguments: [8, 100, 1_000]) func truncatedFilesAreRefused(_ byteCount: Int) throws {
    try folder.write(
      TFLiteSample.int8Network().bytes.prefix(byteCount), to: "int8.tflite")
    let result = try convert("int8.tflite")
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains("int8.tflite: "), "\(result.errors)")
  }

  // MARK: Published networks

  /// The folders `tflite` and `imagenet-sample/eval` below the one that MNV4_DATA names.
  private static let data = ProcessInfo.processInfo.environment["MNV4_DATA"]

  /// Every tenth of the pictures, whose network as integers names as many right.
  @Test(.enabled(if: data != nil, "set MNV4_DATA to a folder with tflite and imagenet-sample"))
  func dequantizedNetworkClassifiesPhotographs() throws {
    let data = try #require(Self.data)
    let converted = try Command.convert(
      "\(data)/tflite/tf2_mobilenet_v2_1.0_224_ptq.tflite", "--dequantize", "--labels",
      "\(data)/tflite/imagenet_labels.txt", "-o", folder("m.mnv4"))
    #expect(converted.status == 0, "\(converted.errors)")
    let path = "\(data)/imagenet-sample/eval-labels.csv"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      .dropFirst()
    let chosen = lines.enumerated().filter { $0.offset % 10 == 0 }.map(\.element)
    let list = try folder.write(chosen.joined(separator: "\n"), to: "list.csv")
    let result = try Command.run(
      [
        folder("m.mnv4"), "--validate", "\(data)/imagenet-sample/eval", "--labels", list,
        "--label-offset", "1", "--json",
      ], limit: .seconds(600))
    #expect(result.status == 0, "\(result.errors)")
    let object = try JSON.object(result.output)
    #expect(object["pictures"] as? Int == 25)
    #expect((object["top1"] as? Int ?? 0) >= 21)
  }
}
