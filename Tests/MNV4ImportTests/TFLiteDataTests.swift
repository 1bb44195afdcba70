import Foundation
import MNV4Core
import MNV4Graph
import MNV4Import
import Testing

/// Published networks, which are not part of the repository: the folder `tflite` below the one that
/// the environment variable MNV4_DATA names.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["MNV4_DATA"] != nil,
    "set MNV4_DATA to a folder with tflite"))
struct TFLiteDataTests {
  private func network(_ name: String, dequantizing: Bool = false) throws -> ImportedTFLite {
    let folder = try #require(ProcessInfo.processInfo.environment["MNV4_DATA"])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/tflite/\(name)")))
    return try TFLiteImport.network(
      from: Samples.buffer(bytes), name: name, dequantizing: dequantizing)
  }

  /// Nodes, parameters with biases, and multiply-accumulates.
  @Test(arguments: [
    ("tf2_mobilenet_v2_1.0_224_ptq.tflite", 68, 3_489_097, 300_775_552, 127),
    ("mobilenet_v2_1.0_224_quant.tflite", 66, 3_489_097, 300_775_552, 128),
    ("mobilenet_v1_0.75_192_quant.tflite", 31, 2_578_121, 239_274_240, 128),
  ])
  func publishedNetworks(
    _ name: String, _ nodeCount: Int, _ parameterCount: Int, _ productCount: Int, _ zeroPoint: Int
  ) throws {
    let imported = try network(name)
    let graph = imported.graph
    #expect(graph.nodes.count == nodeCount)
    #expect(graph.trainableParameterCount == parameterCount)
    #expect(graph.multiplyAccumulateCount == productCount)
    #expect(Int(graph[graph.inputs[0]].zeroPoint) == zeroPoint)
    #expect(graph[graph.outputs[0]].shape.dimensions == [1, 1001])
    let preprocessing = try #require(imported.preprocessing)
    #expect(preprocessing.mean[0] == Float(Double(zeroPoint) / 255))

    let float = try network(name, dequantizing: true).graph
    #expect(float.values.allSatisfy { $0.elementType == .float32 })
    #expect(float.trainableParameterCount == parameterCount)
    let clamps = float.nodes.filter { $0.operation.fusedActivation == .relu6 }.count
    #expect(clamps == (name.contains("v1") ? 27 : 35))
  }
}
