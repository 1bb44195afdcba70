import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

extension TFLiteSample {
  /// What the file becomes.
  func imported(dequantizing: Bool = false) throws -> ImportedTFLite {
    try TFLiteImport.network(
      from: Samples.buffer(bytes), name: "sample", dequantizing: dequantizing)
  }

  func graph(dequantizing: Bool = false) throws -> Graph {
    try imported(dequantizing: dequantizing).graph
  }

  /// What the import says against the file.
  func refusal(dequantizing: Bool = false) throws -> String {
    do {
      _ = try imported(dequantizing: dequantizing)
      return "none"
    } catch let error as TFLiteError {
      return error.description
    }
  }

  /// A file of one operator from an input to an output, which `operation` appends.
  static func single(
    _ input: [Int], _ output: [Int], _ type: ElementType = .float32,
    _ quantization: (Quantization, Quantization)? = nil,
    _ operation: (inout TFLiteSample, _ input: Int, _ output: Int) -> Void
  ) -> TFLiteSample {
    var sample = TFLiteSample()
    let first = sample.value(input, type, quantization?.0, name: "in")
    let last = sample.value(output, type, quantization?.1, name: "out")
    sample.inputs = [first]
    sample.outputs = [last]
    operation(&sample, first, last)
    return sample
  }
}

extension Graph {
  /// The elements of the output for an input of these elements, by the portable backend.
  func run(_ elements: [Float]) throws -> [Float] {
    let model = Model(ModelFile(graph: self))
    let session = try model.makeSession(SessionOptions(threads: 1, backend: .swift))
    return try session.run(Tensor(shape: model.inputShape, elements: elements)).elements
  }

  /// The operations, in order.
  var operations: [MNV4Graph.Operation] { nodes.map(\.operation) }
}
