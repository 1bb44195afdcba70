import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

extension QuantizationOptions {
  /// Quick to compute, also without optimization.
  static var quick: QuantizationOptions {
    var options = QuantizationOptions()
    options.calibration = .minmax
    options.session.threads = 1
    return options
  }
}

/// What the pipeline makes of a graph on seeded inputs.
func quantize(
  _ graph: Graph, _ options: QuantizationOptions = .quick, inputCount: Int = 3
) throws -> QuantizedNetwork {
  try NetworkQuantizer(Model(ModelFile(graph: graph)), options: options)
    .quantize(on: .seeded(count: inputCount))
}

extension ModelFile {
  /// The bytes of the file that holds it.
  var encoded: [UInt8] {
    get throws { try Encoder.encode(self).withUnsafeBytes { Array($0) } }
  }

  /// The file, written and read again.
  func reread() throws -> ModelFile {
    try Decoder.decode(try Encoder.encode(self))
  }
}

/// FNV-1a of the bits of what a model gives for seeded inputs.
func outputHash(
  _ model: Model, backend: BackendChoice, threads: Int, runs: Int = 2
) throws -> UInt64 {
  let session = try model.makeSession(SessionOptions(threads: threads, backend: backend))
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for run in 0..<runs {
    let count = model.inputShape.reduce(1, *)
    let tensor = try Tensor(
      shape: model.inputShape, elements: uniform(count, seed: UInt64(run) + 50).map { 2 * $0 })
    try session.run(tensor).withUnsafeElements { elements in
      for element in elements {
        hash = (hash ^ UInt64(element.bitPattern)) &* 0x100_0000_01B3
      }
    }
  }
  return hash
}

/// That backend, number of threads and repetition change no bit.
func expectOneOutput(
  _ model: Model, threads: [Int] = [1, 2, 8], _ location: SourceLocation = #_sourceLocation
) throws {
  let expected = try outputHash(model, backend: .swift, threads: 1)
  for backend in BackendChoice.allCases {
    guard backend == .automatic || Model.backendNames.contains(backend.rawValue) else { continue }
    for threads in threads {
      let hash = try outputHash(model, backend: backend, threads: threads)
      #expect(hash == expected, "\(backend), \(threads) threads", sourceLocation: location)
    }
  }
}

extension Graph {
  /// Nodes that compute float32 from float32, by name.
  var floatNodeNames: [String] {
    nodes.filter { node in
      if case .reshape = node.operation { return false }
      return (node.inputs + [node.output]).allSatisfy { self[$0].elementType == .float32 }
    }.map(\.name)
  }

  func node(_ name: String) -> Node? { nodes.first { $0.name == name } }
}
