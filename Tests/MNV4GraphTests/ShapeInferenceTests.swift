import MNV4Core
import Testing

@testable import MNV4Graph

@Suite("Shape inference")
struct ShapeInferenceTests {
  private func infer(
    _ operation: Operation, _ inputs: [Value], _ constants: [Constant] = []
  ) throws -> [Int] {
    try ShapeInference.outputShape(of: operation, inputs: inputs, constants: constants).dimensions
  }

  private func expectRefusal(
    _ field: String, _ operation: Operation, _ inputs: [Value], _ constants: [Constant] = [],
    _ location: SourceLocation = #_sourceLocation
  ) {
    let rule = #expect(throws: GraphError.Rule.self, sourceLocation: location) {
      try ShapeInference.outputShape(of: operation, inputs: inputs, constants: constants)
    }
    switch rule {
    case .field(field, _, _)?, nil: break
    case let other?: Issue.record("found \(other)", sourceLocation: location)
    }
  }

  // MARK: Known-good shapes

  /// Sizes that PyTorch's Conv2d and TensorFlow's SAME give.
  @Test(
    "stride 2 on odd and even sizes, padded as PyTorch does",
    arguments: [
      (224, 3, 112), (225, 3, 113), (7, 3, 4), (1, 3, 1), (2, 3, 1), (224, 5, 112), (7, 5, 4),
      (9, 1, 5), (8, 1, 4),
    ])
  func symmetricPadding(_ input: Int, _ kernel: Int, _ expected: Int) throws {
    let operation = Convolution.filter(
      kernel, kernel, stride: Extent(2, 2), padding: .symmetric(kernel: Extent(kernel, kernel)))
    let output = try infer(
      operation, [value(2, input, input + 2, 3)], [constant(8, kernel, kernel, 3)])
    #expect(output == [2, expected, (input + 3) / 2, 8])
  }

  @Test("SAME: the output is the input divided by the stride, rounded up", arguments: 1...17)
  func samePadding(_ input: Int) throws {
    for kernel in 1...7 {
      for stride in 1...4 {
        let extents = (kernel: Extent(kernel, 3), stride: Extent(stride, stride))
        let padding = Padding.same(
          inputHeight: input, inputWidth: 12, kernel: extents.kernel, stride: extents.stride)
        #expect((0...1).contains(padding.bottom - padding.top))
        let output = try infer(
          Convolution.filter(kernel, 3, stride: extents.stride, padding: padding),
          [value(1, input, 12, 2)], [constant(4, kernel, 3, 2)])
        #expect(output == [1, (input + stride - 1) / stride, (12 + stride - 1) / stride, 4])
      }
    }
  }

  @Test("grouped and depthwise")
  func groups() throws {
    let input = try value(1, 8, 8, 12)
    for groups in [1, 2, 3, 4, 6, 12] {
      let output = try infer(
        Convolution.filter(3, 3, groups: groups), [input], [constant(24, 3, 3, 12 / groups)])
      #expect(output == [1, 6, 6, 24])
    }
    let depthwise = try infer(
      Convolution.filter(8, 8, groups: 12, bias: ConstantID(1)), [input],
      [constant(12, 8, 8, 1), constant(12)])
    #expect(depthwise == [1, 1, 1, 12])
  }

  @Test("the other operations")
  func others() throws {
    let image = try value(2, 7, 5, 6)
    let rows = try value(2, 4, 3)
    #expect(
      try infer(
        .fullyConnected(FullyConnected(weights: ConstantID(0), bias: nil)), [image],
        [constant(9, 6)]) == [2, 7, 5, 9])
    #expect(try infer(.globalAveragePool, [image]) == [2, 1, 1, 6])
    #expect(
      try infer(
        .averagePool(AveragePool(kernel: Extent(3, 2), stride: Extent(2, 2))), [image])
        == [2, 3, 2, 6])
    #expect(try infer(.add(Add(channelCount: 6)), [image, image]) == [2, 7, 5, 6])
    #expect(try infer(.multiply(Multiply()), [image, value(2, 1, 1, 6)]) == [2, 7, 5, 6])
    #expect(try infer(.multiply(Multiply()), [rows, rows]) == [2, 4, 3])
    #expect(try infer(.slice(Slice(start: 5, count: 1)), [image]) == [2, 7, 5, 1])
    #expect(try infer(.concatenation, [rows, value(2, 4, 1), rows]) == [2, 4, 7])
    #expect(
      try infer(.matrixProduct(MatrixProduct()), [rows, value(2, 3, 8)]) == [2, 4, 8])
    #expect(
      try infer(.matrixProduct(MatrixProduct(transposesRight: true)), [rows, rows]) == [2, 4, 4])
    #expect(try infer(.softmax, [rows]) == [2, 4, 3])
    #expect(try infer(.reshape(shape(24)), [rows]) == [24])
    #expect(
      try infer(.channelScale(ChannelScale(scale: ConstantID(0))), [rows], [constant(3)])
        == [2, 4, 3])
    #expect(try infer(.activation(.gelu), [rows]) == [2, 4, 3])
  }

  // MARK: Each rule broken once

  @Test("convolution")
  func convolutionRules() throws {
    let image = try value(1, 6, 6, 4)
    let weights = try constant(8, 3, 3, 4)
    func refuse(
      _ field: String, _ operation: Operation, weights other: Constant? = nil,
      _ location: SourceLocation = #_sourceLocation
    ) {
      expectRefusal(field, operation, [image], [other ?? weights], location)
    }
    for groups in [0, -1, 3, 8, .max, .min] {
      refuse("groups", Convolution.filter(3, 3, groups: groups))
    }
    refuse("groups", Convolution.filter(3, 3, groups: 4), weights: try constant(6, 3, 3, 1))
    refuse("weights", Convolution.filter(3, 2))
    refuse("weights", Convolution.filter(3, 3), weights: try constant(8, 36))
    refuse("weights", Convolution.filter(3, 3), weights: try constant(8, 3, 3, 4, type: .int8))
    refuse("weights", Convolution.filter(3, 3), weights: try constant(8, 3, 3, 4, type: .float16))
    refuse("bias", Convolution.filter(3, 3, bias: ConstantID(0)))
    refuse("bias", Convolution.filter(3, 3, bias: ConstantID(1)))
    refuse("bias", Convolution.filter(3, 3, bias: ConstantID(-1)))
    for stride in [0, -1, 65, .max, .min] {
      refuse("stride height", Convolution.filter(3, 3, stride: Extent(stride, 1)))
      refuse("stride width", Convolution.filter(3, 3, stride: Extent(1, stride)))
    }
    for padding in [-1, 3, .max, .min] {
      refuse(
        "padding height",
        Convolution.filter(3, 3, padding: Padding(top: padding, left: 0, bottom: 0, right: 0)))
      refuse(
        "padding width",
        Convolution.filter(3, 3, padding: Padding(top: 0, left: 0, bottom: 0, right: padding)))
    }
    refuse("kernel height", Convolution.filter(7, 3), weights: try constant(8, 7, 3, 4))
    refuse("kernel width", Convolution.filter(3, 65), weights: try constant(8, 3, 65, 4))
    refuse("input count", Convolution.filter(3, 3, residual: .whole))
    expectRefusal("input count", Convolution.filter(3, 3), [], [weights])
    expectRefusal("input", Convolution.filter(3, 3), [try value(6, 6, 4)], [weights])
    expectRefusal(
      "residual", Convolution.filter(3, 3, residual: .whole), [image, image], [weights])
    for count in [0, -1, 9, .max, .min] {
      expectRefusal(
        "residual channel count", Convolution.filter(3, 3, residual: .channels(count)),
        [image, try value(1, 4, 4, 8)], [weights])
    }
    expectRefusal("weights", Convolution.filter(3, 3), [image], [])
  }

  @Test("integer convolution")
  func integerRules() throws {
    let image = try value(1, 6, 6, 4, type: .int8)
    let operation = Convolution.filter(3, 3, bias: ConstantID(1))
    let bias = try constant(8, type: .int32, hasScales: false)
    let good = try constant(8, 3, 3, 4, type: .int8, axis: 0)
    #expect(try infer(operation, [image], [good, bias]) == [1, 4, 4, 8])
    #expect(
      try infer(
        operation, [value(1, 6, 6, 4, type: .uint8)],
        [constant(8, 3, 3, 4, type: .uint8), bias]) == [1, 4, 4, 8])
    for weights in [
      try constant(8, 3, 3, 4, type: .uint8),
      try constant(8, 3, 3, 4), try constant(8, 3, 3, 4, type: .int16),
    ] {
      expectRefusal("weights", operation, [image], [weights, bias])
    }
    for bias in [try constant(8), try constant(8, type: .int8), try constant(7, type: .int32)] {
      expectRefusal("bias", operation, [image], [good, bias])
    }
  }

  @Test("scales of integer layers")
  func integerScales() throws {
    let image = try value(1, 6, 6, 4, type: .int8)
    func check(_ weights: Constant, _ bias: Constant) throws(GraphError.Rule) {
      var layers = IntegerLayers(constants: [weights, bias])
      try layers.check(
        LayerWeights(weights: ConstantID(0), bias: ConstantID(1)), input: image, output: image)
    }
    let bias = try constant(8, type: .int32, hasScales: false)
    let good = try constant(8, 3, 3, 4, type: .int8, axis: 0)
    try check(good, bias)
    for weights in [
      try constant(8, 3, 3, 4, type: .int8, hasScales: false),
      try constant(8, 3, 3, 4, type: .int8, axis: 3),
    ] {
      #expect(throws: GraphError.Rule.self) { try check(weights, bias) }
    }
    // Scales of 0.5 are not 0.5 · 0.5; one scale does not stand for eight.
    for bias in [try constant(8, type: .int32, axis: 0), try constant(8, type: .int32)] {
      #expect(throws: GraphError.Rule.self) { try check(good, bias) }
    }
  }

  @Test("the other operations")
  func otherRules() throws {
    let rows = try value(2, 4, 3)
    let image = try value(1, 4, 4, 3)
    let layer = Operation.fullyConnected(FullyConnected(weights: ConstantID(0), bias: nil))
    expectRefusal("weights", layer, [rows], [try constant(9, 4)])
    expectRefusal("weights", layer, [rows], [try constant(9, 3, 1)])
    func normalization(_ mean: Int = 0, _ epsilon: Float) -> Operation {
      .batchNormalization(
        BatchNormalization(
          scale: ConstantID(0), shift: ConstantID(0), mean: ConstantID(mean),
          variance: ConstantID(0), epsilon: epsilon))
    }
    for epsilon in [-1, 1.5, .nan, .infinity] as [Float] {
      expectRefusal("epsilon", normalization(0, epsilon), [rows], [try constant(3)])
    }
    expectRefusal("mean", normalization(1, 0), [rows], [try constant(3), try constant(4)])
    expectRefusal(
      "mean", normalization(1, 0), [rows], [try constant(3), try constant(3, type: .float16)])
    let scaling = Operation.channelScale(ChannelScale(scale: ConstantID(0)))
    expectRefusal("scale", scaling, [rows], [try constant(2)])
    expectRefusal("scale", scaling, [rows], [try constant(3, type: .int8)])
    expectRefusal("second input", .add(Add()), [rows, try value(2, 4, 4)])
    for count in [0, -1, 4, .max, .min] {
      expectRefusal("channel count", .add(Add(channelCount: count)), [rows, rows])
      expectRefusal("count", .slice(Slice(start: 0, count: count)), [rows])
      expectRefusal("start", .slice(Slice(start: count == 0 ? 3 : count, count: 1)), [rows])
    }
    expectRefusal("second input", .multiply(Multiply()), [image, try value(1, 1, 1, 4)])
    expectRefusal("input", .multiply(Multiply()), [rows, try value(2, 1, 3)])
    expectRefusal("input", .globalAveragePool, [rows])
    expectRefusal(
      "kernel height", .averagePool(AveragePool(kernel: Extent(0, 1), stride: .one)), [image])
    expectRefusal(
      "stride width", .averagePool(AveragePool(kernel: .one, stride: Extent(1, 0))), [image])
    expectRefusal("input count", .concatenation, [rows])
    expectRefusal("input", .concatenation, [rows, try value(2, 5, 3)])
    let product = Operation.matrixProduct(MatrixProduct())
    expectRefusal("inputs", product, [rows, rows])
    expectRefusal("inputs", product, [rows, try value(1, 3, 4)])
    expectRefusal("inputs", product, [image, image])
    for scale in [Float.nan, .infinity, -.infinity] {
      expectRefusal(
        "scale", .matrixProduct(MatrixProduct(transposesRight: true, scale: scale)), [rows, rows])
    }
    expectRefusal("shape", .reshape(try shape(25)), [rows])
    for operation: Operation in [.softmax, .activation(.relu), .reshape(try shape(24))] {
      expectRefusal("input count", operation, [])
      expectRefusal("input count", operation, [rows, rows])
    }
  }

  @Test("outputs beyond the limit of a shape")
  func hugeOutputs() throws {
    let wide = try value(1, 1, 1 << 30)
    let rule = #expect(throws: GraphError.Rule.self) {
      try infer(.concatenation, [wide, wide, wide])
    }
    #expect(rule == .shape(.tooLarge([1, 1, 3 << 30])))
    let tall = try value(1, 1 << 30, 1)
    #expect(throws: GraphError.Rule.self) {
      try infer(.matrixProduct(MatrixProduct(transposesRight: true)), [tall, tall])
    }
  }
}
