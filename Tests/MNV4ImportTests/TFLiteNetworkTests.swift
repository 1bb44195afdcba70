import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// Whole files: float, int8 with scales a channel, uint8 with zero points in the weights.
@Suite struct TFLiteNetworkTests {
  @Test func floatNetworkKeepsItsLayers() throws {
    let imported = try TFLiteSample.floatNetwork().imported()
    let graph = imported.graph
    #expect(graph.name == "sample")
    #expect(
      graph.nodes.map(\.name) == [
        "stem/Relu6", "depthwise", "pool", "pool", "logits", "probabilities",
      ])
    #expect(
      graph.constants.map(\.name) == [
        "stem/Relu6/weights", "stem/Relu6/bias", "depthwise/weights", "depthwise/bias",
        "logits/weights", "logits/bias",
      ])
    guard case .convolution(let stem) = graph.operations[0],
      case .convolution(let depthwise) = graph.operations[1],
      case .globalAveragePool = graph.operations[2],
      case .fullyConnected = graph.operations[4], case .softmax = graph.operations[5]
    else {
      Issue.record("\(graph.operations)")
      return
    }
    #expect(graph.operations[3] == .reshape(try Shape([1, 4])))
    #expect(stem.kernel == Extent(3, 3) && stem.stride == Extent(2, 2))
    #expect(stem.padding == Padding(top: 0, left: 0, bottom: 1, right: 1))
    #expect(stem.activation == .relu6 && stem.groups == 1)
    #expect(depthwise.groups == 4 && depthwise.activation == .identity)
    #expect(depthwise.padding == Padding(top: 1, left: 1, bottom: 1, right: 1))
    #expect(graph[depthwise.weights].shape.dimensions == [4, 3, 3, 1])
    // [1, 3, 3, 4] in the file: channel 2 of tap 1 comes sixth.
    let file = TFLiteSample.pattern(36, seed: 3).map { Float($0) / 16 }
    #expect(graph[depthwise.weights].floats[2 * 9 + 1] == file[4 + 2])
    #expect(graph.values.allSatisfy { $0.elementType == .float32 })
    #expect(imported.preprocessing?.mean == [0.5, 0.5, 0.5])
    #expect(imported.preprocessing?.standardDeviation == [0.5, 0.5, 0.5])
    #expect(imported.summary == "TensorFlow Lite file of 5 operators, float")
    #expect(imported.note == nil)
  }

  @Test func int8NetworkKeepsItsIntegers() throws {
    let imported = try TFLiteSample.int8Network().imported()
    let graph = imported.graph
    #expect(imported.summary == "TensorFlow Lite file of 7 operators, int8 and uint8")
    #expect(imported.note == nil)
    #expect(graph.operations.first == .quantize && graph.operations.last == .quantize)
    let input = graph[graph.inputs[0]]
    #expect(input.elementType == .uint8 && input.zeroPoint == 128 && input.scale == 1 / 128)
    guard case .convolution(let stem) = graph.operations[1],
      case .convolution(let depthwise) = graph.operations[2]
    else {
      Issue.record("\(graph.operations)")
      return
    }
    #expect(graph[graph.nodes[1].output].elementType == .int8)
    #expect(graph[graph.nodes[1].output].zeroPoint == -128)
    #expect(stem.activation == .relu6)
    for weights in [graph[stem.weights], graph[depthwise.weights]] {
      #expect(weights.elementType == .int8)
      #expect(weights.quantization?.axis == 0)
      #expect(weights.quantization?.scales == [0.01, 0.02, 0.03, 0.04])
    }
    #expect(graph[depthwise.weights].shape.dimensions == [4, 3, 3, 1])
    let bias = graph[try #require(stem.bias)]
    #expect(bias.elementType == .int32 && bias.quantization == nil)
    #expect(
      bias.data.withElements(as: Int32.self) { Array($0) }
        == TFLiteSample.pattern(4, seed: 9).map { Int32($0 * 20) })
  }

  @Test func uint8NetworkKeepsItsZeroPoints() throws {
    let graph = try TFLiteSample.uint8Network().graph()
    #expect(graph.values.allSatisfy { $0.elementType == .uint8 })
    guard case .convolution(let stem) = graph.operations[0] else {
      Issue.record("\(graph.operations)")
      return
    }
    let weights = graph[stem.weights]
    #expect(weights.elementType == .uint8)
    #expect(weights.quantization?.zeroPoints == [110] && weights.quantization?.axis == nil)
    #expect(stem.activation == .identity)
    #expect(graph.operations[3] == .reshape(try Shape([1, 4])))
  }

  /// Every byte is the integer of the same number, or that number less 128.
  @Test(arguments: [
    (TFLiteSample.int8Network(), 128), (TFLiteSample.uint8Network(), 127),
  ])
  func preprocessingBringsBytesToTheirIntegers(_ sample: TFLiteSample, _ zeroPoint: Int) throws {
    let imported = try sample.imported()
    let preprocessing = try #require(imported.preprocessing)
    let input = imported.graph[imported.graph.inputs[0]]
    #expect(Int(input.zeroPoint) == zeroPoint)
    #expect(preprocessing.cropFraction == 0.875 && preprocessing.interpolation == .bilinear)
    for byte in 0...255 {
      let real =
        (Float(byte) / 255 - preprocessing.mean[0]) / preprocessing.standardDeviation[0]
      #expect(
        Requantization.quantize(
          real, scale: input.scale, zeroPoint: input.zeroPoint, in: 0...255) == Int32(byte))
    }
  }

  @Test func signedInputsTakeBytesLess128() throws {
    let sample = TFLiteSample.single(
      [1, 4, 4, 3], [1, 4, 4, 3], .int8, (.init(0.02, -3), .init(0.02, -3))
    ) { $0.relu($1, $2) }
    let preprocessing = try #require(try sample.imported().preprocessing)
    for byte in 0...255 {
      let real =
        (Float(byte) / 255 - preprocessing.mean[0]) / preprocessing.standardDeviation[0]
      #expect(
        Requantization.quantize(real, scale: 0.02, zeroPoint: -3, in: -128...127)
          == Int32(byte) - 128)
    }
  }

  // MARK: Dequantizing

  @Test(arguments: [TFLiteSample.int8Network(), .uint8Network()])
  func dequantizedNetworkIsFloatThroughout(_ sample: TFLiteSample) throws {
    let imported = try sample.imported(dequantizing: true)
    let graph = imported.graph
    #expect(graph.values.allSatisfy { $0.elementType == .float32 })
    #expect(graph.constants.allSatisfy { $0.elementType == .float32 && $0.quantization == nil })
    #expect(!graph.operations.contains(.quantize))
    #expect(imported.note == "float32 weights from an 8-bit grid")
    // The range 0 to 6 of the first convolution clamps whether it names the clamp or not.
    #expect(graph.operations[0].fusedActivation == .relu6)
    #expect(graph.operations[1].fusedActivation == .identity)
    let probabilities = try graph.run((0..<192).map { Float($0 % 23) / 12 - 0.9 })
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
  }

  @Test func dequantizedNumbersAreThoseOfTheScales() throws {
    let int8 = try TFLiteSample.int8Network().graph(dequantizing: true)
    let depthwise = int8.constants[2]
    #expect(depthwise.name == "depthwise/weights")
    let pattern = TFLiteSample.pattern(36, seed: 6)
    let scales: [Float] = [0.01, 0.02, 0.03, 0.04]
    for channel in 0..<4 {
      for tap in 0..<9 {
        let exact = Double(scales[channel]) * Double(pattern[tap * 4 + channel])
        #expect(depthwise.floats[channel * 9 + tap] == Float(exact))
      }
    }
    let bias = TFLiteSample.pattern(4, seed: 9).map { $0 * 20 }
    #expect(
      int8.constants[3].floats
        == zip(bias, scales).map {
          Float(Double($0) * (Double(6 / 255 as Float) * Double($1)))
        })
    // Weights 110 + n with zero point 110.
    let uint8 = try TFLiteSample.uint8Network().graph(dequantizing: true)
    #expect(
      uint8.constants[0].floats
        == TFLiteSample.pattern(108, seed: 2).map { Float(Double(0.02 as Float) * Double($0)) })
  }

  /// Integers that begin at 0 clamp there, and end at 6 or elsewhere.
  @Test(arguments: [
    (6.0, -128, TFLiteSample.Activation.none, Activation.relu6),
    (6.05, -128, .none, .relu6), (5.95, -128, .none, .relu6),
    (6.07, -128, .none, .relu), (5.0, -128, .none, .relu),
    (6.0, -127, .none, .identity), (6.0, 0, .none, .identity),
    (6.0, -128, .relu, .relu), (9.0, -128, .relu6, .relu6), (12.0, 0, .relu6, .relu6),
  ])
  func rangesOfOutputsClamp(
    _ end: Float, _ zeroPoint: Int, _ fused: TFLiteSample.Activation, _ expected: Activation
  ) throws {
    let sample = TFLiteSample.single(
      [1, 2, 2, 2], [1, 2, 2, 2], .int8, (.init(0.1, 0), .init(end / 255, zeroPoint))
    ) { $0.add([$1, $1], $2, fused) }
    #expect(try sample.graph(dequantizing: true).operations == [.add(Add(activation: expected))])
    // As integers the range itself clamps.
    let own: Activation = fused == .none ? .identity : fused == .relu ? .relu : .relu6
    #expect(try sample.graph().operations == [.add(Add(activation: own))])
  }
}
