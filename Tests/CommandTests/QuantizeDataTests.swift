#if !DEBUG
  import Foundation
  import Testing

  /// Published networks and photographs, which are not part of the repository: the folders `tflite` and
  /// `imagenet-sample` below the one that MNV4_DATA names.
  @Suite(
    .enabled(
      if: ProcessInfo.processInfo.environment["MNV4_DATA"] != nil,
      "set MNV4_DATA to a folder with tflite and imagenet-sample"))
  struct QuantizeDataTests {
    private let data: String
    private let folder: TemporaryFolder

    init() throws {
      data = try #require(ProcessInfo.processInfo.environment["MNV4_DATA"])
      folder = try TemporaryFolder()
    }

    private func convert(_ name: String, _ arguments: String...) throws -> String {
      let output = folder("\(name).mnv4")
      let result = try Command.convert(
        ["\(data)/tflite/\(name).tflite", "-o", output] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return output
    }

    private var labelled: [String] {
      [
        "--validate", "\(data)/imagenet-sample/eval", "--labels",
        "\(data)/imagenet-sample/eval-labels.csv", "--label-offset", "1",
      ]
    }

    /// The classes and probabilities of some photographs on a backend.
    private func predictions(_ model: String, _ options: String...) throws -> [String] {
      let photographs = try FileManager.default
        .contentsOfDirectory(atPath: "\(data)/imagenet-sample/eval").sorted().prefix(10)
        .map { "\(data)/imagenet-sample/eval/\($0)" }
      let result = try Command.run([model] + photographs + ["--json", "--top", "10"] + options)
      #expect(result.status == 0, "\(result.errors)")
      return try result.outputLines.map { line in
        let found = try JSON.object(line)["predictions"] as? [[String: Any]] ?? []
        return found.map {
          "\($0["class_index"] ?? $0["index"] ?? "?") \($0["probability"] ?? "?")"
        }.joined(separator: ", ")
      }
    }

    /// As many right as TensorFlow Lite gets on the same pixels.
    @Test(arguments: [
      ("tf2_mobilenet_v2_1.0_224_ptq", 226), ("mobilenet_v2_1.0_224_quant", 229),
      ("mobilenet_v1_0.75_192_quant", 209),
    ])
    func publishedIntegers(_ name: String, _ right: Int) throws {
      let model = try convert(name)
      #expect(try Command.run(model, "--require-int8").status == 0)
      let result = try Command.run([model, "--json"] + labelled, limit: .seconds(300))
      #expect(result.status == 0, "\(result.errors)")
      let object = try JSON.object(result.output)
      #expect(object["pictures"] as? Int == 250)
      #expect(object["top1"] as? Int == right)
      let expected = try predictions(model, "--backend", "swift", "--threads", "1")
      #expect(expected.count == 10 && !expected.contains(""))
      #expect(try predictions(model, "--backend", "xnnpack", "--threads", "2") == expected)
    }

    @Test(arguments: [
      ([], 224), (["--weights", "per-tensor", "--equalize", "--correct-bias"], 220),
    ])
    func ownIntegers(_ method: [String], _ least: Int) throws {
      let float = try convert("tf2_mobilenet_v2_1.0_224_ptq", "--dequantize")
      let output = folder("q.mnv4")
      let result = try Command.quantize(
        [
          float, "--calibration", "\(data)/imagenet-sample/calibration", "-o", output, "--json",
          folder("r.json"),
        ] + method + labelled, limit: .seconds(600))
      #expect(result.status == 0, "\(result.errors)")
      let report = try JSON.object(
        String(decoding: TemporaryFolder.bytes(folder("r.json")), as: UTF8.self))
      let accuracy = try #require(report["accuracy"] as? [String: Int])
      #expect(accuracy["picture_count"] == 250)
      #expect((accuracy["integer_correct"] ?? 0) >= least, "\(accuracy)")
      // Equalized weights lie on no grid any more.
      if method.isEmpty {
        #expect(result.output.contains("they have been 8-bit integers before"))
      }
      // The softmax at the end is float32, whose last bit is the backend's; the order is not.
      func classes(_ backend: String) throws -> [[Substring]] {
        try predictions(output, "--backend", backend).map { line in
          line.split(separator: ", ").prefix(3).compactMap { $0.split(separator: " ").first }
        }
      }
      #expect(try classes("swift") == classes("xnnpack"))
    }
  }
#endif
