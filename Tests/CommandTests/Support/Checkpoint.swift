import Foundation
import MNV4Graph
import MNV4Zoo
import Testing

/// Checkpoints in the safetensors format with seeded weights.
enum Checkpoint {
  /// Hands out seeded weights and writes down what was asked for.
  private final class Recorder: WeightSource {
    private var weights = SeededWeights(seed: 5)
    private(set) var tensors: [(key: String, shape: [Int], elements: [Float])] = []

    var unexpectedKeys: [String] { [] }

    func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
      let elements = try weights.tensor(key, shape: shape)
      tensors.append((key, shape, elements))
      return elements
    }
  }

  /// The bytes of a checkpoint of MobileNetV4-Conv-S with `classCount` classes and those entries of
  /// metadata.
  static func mobileNetV4(classCount: Int, metadata: [String: String] = [:]) throws -> Data {
    let architecture = try #require(Architecture.named("mobilenetv4_conv_small"))
    let recorder = Recorder()
    _ = try architecture.build(.init(classCount: classCount, inputSize: 32), weights: recorder)
    var header: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
    var data = Data()
    for (key, shape, elements) in recorder.tensors {
      let start = data.count
      elements.withUnsafeBytes { data.append(contentsOf: $0) }
      header[key] = ["dtype": "F32", "shape": shape, "data_offsets": [start, data.count]]
    }
    var text = try JSONSerialization.data(withJSONObject: header)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    return length + text + data
  }
}
