import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4

/// Graphs of integers with fields changed at random: refused, or planned and run on every backend with
/// the same result.
@Suite struct IntegerMutationTests {
  #if DEBUG
    private static let count = 40
  #else
    private static let count = 400
  #endif

  private static let scales: [Float] = [
    .leastNormalMagnitude, 1e-30, 1e-10, 0x1p-20, 1e-3, 0.05, 0.5, 1, 3, 100, 255, 1e6, 1e20,
    .greatestFiniteMagnitude,
  ]

  /// Convolutions, addition, squeeze-and-excite, pool, fully connected.
  private static func network() throws -> Graph {
    var graph = Graph(name: "integers")
    func value(_ dimensions: [Int], _ scale: Float, _ zeroPoint: Int32) throws -> ValueID {
      let shape = try Shape(dimensions)
      graph.values.append(
        Value(
          shape: shape, elementType: .int8,
          quantization: try QuantizationParameters(
            scales: [scale], zeroPoints: [zeroPoint], axis: nil, shape: shape,
            elementType: .int8)))
      return ValueID(graph.values.count - 1)
    }
    var random = SplitMix64(state: 4)
    func weights(_ dimensions: [Int]) throws -> ConstantID {
      let shape = try Shape(dimensions)
      let buffer = try AlignedBuffer(byteCount: shape.elementCount)
      for index in 0..<shape.elementCount {
        buffer.unsafeMutableBytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
      graph.constants.append(
        Constant(
          name: "c\(graph.constants.count)", shape: shape, elementType: .int8,
          quantization: try QuantizationParameters(
            scales: (0..<dimensions[0]).map { 0.01 + 0.003 * Float($0) },
            zeroPoints: [Int32](repeating: 0, count: dimensions[0]), axis: 0, shape: shape,
            elementType: .int8), data: ByteSlice(buffer)))
      return ConstantID(graph.constants.count - 1)
    }
    func bias(_ count: Int) throws -> ConstantID {
      let buffer = try AlignedBuffer(byteCount: 4 * count)
      for index in 0..<count {
        buffer.unsafeMutableBytes.storeBytes(
          of: Int32(truncatingIfNeeded: random.next()) >> 16, toByteOffset: 4 * index,
          as: Int32.self)
      }
      graph.constants.append(
        Constant(
          name: "c\(graph.constants.count)", shape: try Shape([count]), elementType: .int32,
          data: ByteSlice(buffer)))
      return ConstantID(graph.constants.count - 1)
    }
    func append(_ operation: Operation, _ inputs: [ValueID], _ output: ValueID) {
      graph.nodes.append(
        Node(
          name: "n\(graph.nodes.count)", operation: operation, inputs: inputs, output: output))
    }
    let input = try value([1, 5, 6, 3], 0.02, 3)
    let stem = try value([1, 5, 6, 8], 0.03, -128)
    append(
      .convolution(
        Convolution(
          weights: try weights([8, 3, 3, 3]), bias: try bias(8), kernel: Extent(3, 3),
          padding: .symmetric(kernel: Extent(3, 3)), activation: .relu6)), [input], stem)
    let filtered = try value([1, 5, 6, 8], 0.05, 7)
    append(
      .convolution(
        Convolution(
          weights: try weights([8, 3, 3, 1]), bias: nil, kernel: Extent(3, 3),
          padding: .symmetric(kernel: Extent(3, 3)), groups: 8)), [stem], filtered)
    let sum = try value([1, 5, 6, 8], 0.06, -5)
    append(.add(Add(channelCount: 5, activation: .relu)), [stem, filtered], sum)
    let swish = try value([1, 5, 6, 8], 0.05, -120)
    append(.activation(.hardSwish), [sum], swish)
    let pooled = try value([1, 1, 1, 8], 0.02, -100)
    append(.globalAveragePool, [swish], pooled)
    let gate = try value([1, 1, 1, 8], 1.0 / 256, -128)
    append(.activation(.sigmoid), [pooled], gate)
    let excited = try value([1, 5, 6, 8], 0.04, -90)
    append(.multiply(Multiply()), [swish, gate], excited)
    let window = try value([1, 2, 3, 8], 0.04, -90)
    append(
      .averagePool(AveragePool(kernel: Extent(2, 2), stride: Extent(2, 2))), [excited], window)
    let part = try value([1, 2, 3, 4], 0.03, 0)
    append(.slice(Slice(start: 3, count: 4)), [window], part)
    let joined = try value([1, 2, 3, 12], 0.05, -10)
    append(.concatenation, [part, window], joined)
    let padded = try value([1, 3, 3, 12], 0.05, -10)
    append(.pad(Padding(top: 1, left: 0, bottom: 0, right: 0)), [joined], padded)
    let rows = try value([1, 9, 12], 0.05, -10)
    append(.reshape(try Shape([1, 9, 12])), [padded], rows)
    let product = try value([1, 9, 9], 0.3, 0)
    append(
      .matrixProduct(MatrixProduct(transposesRight: true, scale: 0.25)), [rows, rows], product)
    let logits = try value([1, 9, 4], 0.5, 0)
    append(
      .fullyConnected(FullyConnected(weights: try weights([4, 9]), bias: try bias(4))), [product],
      logits)
    graph.inputs = [input]
    graph.outputs = [logits]
    return graph
  }

  private static func mutate(_ graph: inout Graph, _ random: inout SplitMix64) throws {
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      let index = Int.random(in: 0..<graph.values.count, using: &random)
      let old = graph.values[index]
      let scale =
        Int.random(in: 0..<2, using: &random) == 0
        ? scales.randomElement(using: &random) ?? 1
        : old.scale * Float.random(in: 0.01...100, using: &random)
      guard scale.isNormal else { return }
      graph.values[index].quantization = try QuantizationParameters(
        scales: [scale], zeroPoints: [Int32.random(in: -128...127, using: &random)], axis: nil,
        shape: old.shape, elementType: .int8)
      // What keeps its operand's parameters follows it.
      for node in graph.nodes {
        switch node.operation {
        case .pad, .reshape:
          graph.values[node.output.index].quantization = graph[node.inputs[0]].quantization
        case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
          .multiply, .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct,
          .softmax, .resizeBilinear, .quantize, .dequantize:
          break
        }
      }
    case 2, 3:
      let index = Int.random(in: 0..<graph.constants.count, using: &random)
      let old = graph.constants[index]
      guard let quantization = old.quantization else {
        return try changeBytes(of: index, in: &graph, &random)
      }
      var new = quantization.scales
      new[Int.random(in: 0..<new.count, using: &random)] = scales.randomElement(using: &random) ?? 1
      graph.constants[index].quantization = try QuantizationParameters(
        scales: new, zeroPoints: quantization.zeroPoints, axis: quantization.axis,
        shape: old.shape, elementType: old.elementType)
    case 4:
      try changeBytes(
        of: Int.random(in: 0..<graph.constants.count, using: &random), in: &graph, &random)
    default:
      let index = Int.random(in: 0..<graph.nodes.count, using: &random)
      let activation = Activation.allCases.randomElement(using: &random) ?? .relu
      if let changed = graph.nodes[index].operation.fusing(activation) {
        graph.nodes[index].operation = changed
      } else if case .activation = graph.nodes[index].operation {
        graph.nodes[index].operation = .activation(activation)
      }
    }
  }

  private static func changeBytes(
    of index: Int, in graph: inout Graph, _ random: inout SplitMix64
  ) throws {
    let old = graph.constants[index].data
    let buffer = try AlignedBuffer(byteCount: old.byteCount)
    old.withElements(as: UInt8.self) { buffer.unsafeMutableBytes.copyBytes(from: $0) }
    let extremes: [UInt8] = [0, 0x7F, 0x80, 0xFF]
    for _ in 0..<Int.random(in: 1...old.byteCount, using: &random) {
      let offset = Int.random(in: 0..<old.byteCount, using: &random)
      buffer.unsafeMutableBytes[offset] = extremes.randomElement(using: &random) ?? 0
    }
    graph.constants[index].data = ByteSlice(buffer)
  }

  @Test(arguments: 0..<8) func refusedOrRun(_ seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed) &* 77 &+ 5)
    let sound = try Self.network()
    try sound.validate()
    var (accepted, refused) = (0, 0)
    for _ in 0..<Self.count {
      var graph = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) { try Self.mutate(&graph, &random) }
      do throws(GraphError) { try graph.validate() } catch {
        #expect(!error.description.isEmpty)
        refused += 1
        continue
      }
      accepted += 1
      // Through the file, as any model comes.
      let file = try Decoder.decode(try Encoder.encode(ModelFile(graph: graph)))
      var results: Set<[UInt32]> = []
      for backend in BackendChoice.allCases {
        guard backend == .automatic || Model.backendNames.contains(backend.rawValue) else {
          continue
        }
        let session = try Model(file).makeSession(SessionOptions(threads: 1, backend: backend))
        let input = try Tensor.seeded(shape: [1, 5, 6, 3])
        try session.run(input).withUnsafeElements { elements in
          _ = results.insert(elements.map(\.bitPattern))
        }
      }
      #expect(results.count == 1)
    }
    #expect(accepted > Self.count / 20 && refused > Self.count / 20)
  }
}
