import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// Operator by operator: what each becomes, in float32 unless said otherwise.
@Suite struct TFLiteOperatorTests {
  // MARK: Windows

  @Test(arguments: [
    (7, 3, 2, Padding(top: 1, left: 1, bottom: 1, right: 1)),
    (8, 3, 2, Padding(top: 0, left: 0, bottom: 1, right: 1)),
    (8, 5, 1, Padding(top: 2, left: 2, bottom: 2, right: 2)),
    (8, 2, 1, Padding(top: 0, left: 0, bottom: 1, right: 1)),
    (8, 1, 2, .none),
  ])
  func samePadding(_ side: Int, _ kernel: Int, _ stride: Int, _ padding: Padding) throws {
    let end = (side + stride - 1) / stride
    let sample = TFLiteSample.single([1, side, side, 1], [1, end, end, 1]) {
      let filter = $0.constant([1, kernel, kernel, 1], Array(repeating: 1, count: kernel * kernel))
      $0.convolution([$1, filter], $2, .same, stride: stride)
    }
    guard case .convolution(let convolution) = try sample.graph().operations[0] else {
      Issue.record("no convolution")
      return
    }
    #expect(convolution.padding == padding && convolution.bias == nil)
  }

  @Test func filterOfFewerInputsIsGrouped() throws {
    let sample = TFLiteSample.single([1, 2, 2, 4], [1, 2, 2, 6]) {
      let filter = $0.constant([6, 1, 1, 2], (0..<12).map(Float.init))
      $0.convolution([$1, filter], $2, .valid)
    }
    let graph = try sample.graph()
    guard case .convolution(let convolution) = graph.operations[0] else {
      Issue.record("no convolution")
      return
    }
    #expect(convolution.groups == 2)
  }

  /// Output c · multiplier + k reads channel c.
  @Test func depthMultiplierMakesOutputsOfEachChannel() throws {
    let sample = TFLiteSample.single([1, 1, 2, 2], [1, 1, 1, 6]) {
      // Taps a and b of outputs 0 to 5.
      let filter = $0.constant([1, 1, 2, 6], [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60])
      $0.depthwise([$1, filter, $0.constant([6], [0, 0, 0, 0, 0, 0.5])], $2, .valid)
    }
    // Pixels (1, 2) and (3, 4).
    #expect(try sample.graph().run([1, 2, 3, 4]) == [31, 62, 93, 168, 210, 252.5])
  }

  @Test func poolsAndTheirActivations() throws {
    let sample = TFLiteSample.single([1, 2, 2, 1], [1, 2, 2, 1]) {
      $0.averagePool($1, $2, .same, size: 2, stride: 1, .relu)
    }
    let graph = try sample.graph()
    #expect(graph.operations.last == .activation(.relu))
    // Padding does not count towards a mean.
    #expect(try graph.run([1, 2, 3, -8]) == [0, 0, 0, 0])
    #expect(try graph.run([1, 2, 3, 6]) == [3, 4, 4.5, 6])
  }

  @Test(arguments: [true, false]) func meansKeepDimensionsOrNot(_ keeps: Bool) throws {
    for axes: [Int32] in [[1, 2], [2, 1], [-3, -2]] {
      let sample = TFLiteSample.single([1, 1, 2, 2], keeps ? [1, 1, 1, 2] : [1, 2]) {
        $0.mean($1, axes, $2, keepsDimensions: keeps)
      }
      let graph = try sample.graph()
      #expect(graph.nodes.count == (keeps ? 1 : 2))
      #expect(try graph.run([1, 10, 3, 30]) == [2, 20])
    }
  }

  @Test(arguments: [(false, false), (true, false), (false, true)])
  func resizesKeepTheirRule(_ alignsCorners: Bool, _ halfPixels: Bool) throws {
    let sample = TFLiteSample.single([1, 2, 2, 1], [1, 4, 6, 1]) {
      $0.resizeBilinear(
        [$1, $0.integers([4, 6])], $2, alignsCorners: alignsCorners, halfPixels: halfPixels)
    }
    #expect(
      try sample.graph().operations == [
        .resizeBilinear(
          ResizeBilinear(
            height: 4, width: 6, alignsCorners: alignsCorners, usesHalfPixelCenters: halfPixels))
      ])
  }

  // MARK: Padding

  private static func padded(
    _ sides: [Int32], kernel: Int = 3, _ padding: TFLiteSample.Padding = .valid,
    isRead: Bool = true, isOutput: Bool = false
  ) -> TFLiteSample {
    var sample = TFLiteSample()
    let input = sample.value([1, 4, 4, 1], name: "in")
    let (height, width) = (4 + Int(sides[2] + sides[3]), 4 + Int(sides[4] + sides[5]))
    let middle = sample.value([1, height, width, 1], name: "padded")
    sample.inputs = [input]
    sample.pad(input, sides, middle)
    guard isRead else {
      sample.outputs = [middle]
      return sample
    }
    let filter = sample.constant(
      [1, kernel, kernel, 1], Array(repeating: 1, count: kernel * kernel))
    let cut = padding == .valid ? kernel - 1 : 0
    let output = sample.value([1, height - cut, width - cut, 1], name: "out")
    sample.convolution([middle, filter], output, padding)
    sample.outputs = isOutput ? [output, middle] : [output]
    return sample
  }

  @Test func paddingGoesIntoTheConvolutionThatAloneReadsIt() throws {
    let sample = Self.padded([0, 0, 0, 1, 2, 1, 0, 0])
    let graph = try sample.graph()
    #expect(graph.nodes.count == 1)
    guard case .convolution(let convolution) = graph.operations[0] else {
      Issue.record("no convolution")
      return
    }
    #expect(convolution.padding == Padding(top: 0, left: 2, bottom: 1, right: 1))
    #expect(graph[graph.outputs[0]].shape.dimensions == [1, 3, 5, 1])
  }

  @Test(arguments: [
    padded([0, 0, 0, 1, 2, 1, 0, 0], .same),
    padded([0, 0, 0, 1, 2, 1, 0, 0], isRead: false),
    padded([0, 0, 0, 1, 2, 1, 0, 0], isOutput: true),
    padded([0, 0, 3, 0, 0, 0, 0, 0]), padded([0, 0, 0, 0, 0, 3, 0, 0]),
  ])
  func otherPaddingIsAnOperation(_ sample: TFLiteSample) throws {
    let graph = try sample.graph()
    guard case .pad = graph.operations[0] else {
      Issue.record("\(graph.operations)")
      return
    }
  }

  // MARK: Elements

  @Test func functionsAreActivations() throws {
    func check(
      _ expected: Activation, _ append: (inout TFLiteSample, Int, Int) -> Void
    ) throws {
      let sample = TFLiteSample.single([1, 2, 2, 1], [1, 2, 2, 1]) { append(&$0, $1, $2) }
      #expect(try sample.graph().operations == [.activation(expected)])
    }
    try check(.relu) { $0.relu($1, $2) }
    try check(.relu6) { $0.relu6($1, $2) }
    try check(.hardSwish) { $0.hardSwish($1, $2) }
    try check(.sigmoid) { $0.logistic($1, $2) }
  }

  /// x · relu6(x + 3) / 6, as converters that know no h-swish write it.
  @Test func constantOperandsAreScalesAndBiases() throws {
    var sample = TFLiteSample()
    let input = sample.value([1, 1, 1, 3])
    let gate = sample.value([1, 1, 1, 3])
    let scaled = sample.value([1, 1, 1, 3])
    let output = sample.value([1, 1, 1, 3])
    sample.add([sample.constant([], [3]), input], gate, .relu6)
    sample.multiply([gate, sample.constant([1, 1, 1, 3], [0.25, 0.5, 1])], scaled)
    sample.multiply([scaled, input], output)
    sample.inputs = [input]
    sample.outputs = [output]
    #expect(try sample.graph().run([-1, 2, 8]) == [-0.5, 5, 48])
  }

  /// The same as integers: every result within a step of the real one.
  @Test func constantOperandsOfIntegersAreLayers() throws {
    var sample = TFLiteSample()
    let input = sample.value([1, 1, 1, 3], .int8, .init(0.1, -20))
    let gate = sample.value([1, 1, 1, 3], .int8, .init(6 / 255, -128))
    let output = sample.value([1, 1, 1, 3], .int8, .init(0.05, 0))
    let three = sample.constant([], .int8, [127] as [Int8], .init(3 / 255, -128))
    let factors = sample.constant([3], .int8, [-64, 0, 100] as [Int8], .init(0.01, 0))
    sample.add([input, three], gate, .relu6)
    sample.multiply([factors, gate], output)
    sample.inputs = [input]
    sample.outputs = [output]
    let graph = try sample.graph()
    #expect(graph.constants.map(\.elementType) == [.int8, .int32, .int8])
    for real: Float in [-4, -3, -1, 0, 0.7, 2, 3, 9] {
      let sum = min(max(real + 3, 0), 6)
      let results = try graph.run([real, real, real])
      for (result, factor) in zip(results, [-0.64, 0, 1] as [Float]) {
        // Half a step of the sum, scaled, and half a step of the product.
        let tolerance: Float = abs(factor) * 3 / 255 + 0.0251
        let difference = abs(result - sum * factor)
        #expect(difference <= tolerance)
      }
    }
  }

  @Test func factorsOfAChannelComeInEitherPlace() throws {
    for isFirst in [true, false] {
      var sample = TFLiteSample()
      let input = sample.value([1, 1, 2, 2])
      let means = sample.value([1, 1, 1, 2])
      let output = sample.value([1, 1, 2, 2])
      sample.mean(input, [1, 2], means, keepsDimensions: true)
      sample.multiply(isFirst ? [means, input] : [input, means], output, .relu)
      sample.inputs = [input]
      sample.outputs = [output]
      #expect(try sample.graph().run([1, -1, 3, 3]) == [2, 0, 6, 3])
    }
  }

  @Test func concatenationIsAlongTheLastAxis() throws {
    for axis in [3, -1] {
      let sample = TFLiteSample.single([1, 1, 2, 1], [1, 1, 2, 2]) {
        $0.concatenation([$1, $1], $2, axis: axis, .relu)
      }
      #expect(try sample.graph().run([-1, 2]) == [0, 0, 2, 2])
    }
  }

  // MARK: Shapes

  @Test func shapesComeFromAnywhere() throws {
    func check(_ output: [Int], _ append: (inout TFLiteSample, Int, Int) -> Void) throws {
      let sample = TFLiteSample.single([1, 2, 3, 1], output) { append(&$0, $1, $2) }
      #expect(try sample.graph().operations == [.reshape(try Shape(output))])
    }
    try check([1, 6]) { $0.reshape([$1, $0.integers([1, 6])], $2) }
    try check([1, 6]) { $0.reshape([$1, $0.integers([-1, 6])], $2) }
    try check([3, 2]) { $0.reshape([$1, $0.constant([2], .int64, [3, -1] as [Int64])], $2) }
    try check([2, 3]) { $0.reshape([$1], $2, newShape: [-1, 3]) }
    try check([6, 1]) { $0.reshape([$1], $2) }
    try check([2, 3]) { $0.squeeze($1, $2) }
  }

  /// Lists of extents that converters compute from a batch that may change.
  @Test func computedShapesAreThoseOfTheFile() throws {
    let sample = TFLiteSample.single([1, 2, 3, 1], [1, 6]) {
      let shape = $0.value([4], .int32)
      let batch = $0.value([], .int32)
      let target = $0.value([2], .int32)
      $0.append(77, [$1], shape)
      $0.append(45, [shape, $0.integers([0]), $0.integers([1]), $0.integers([1])], batch)
      $0.append(83, [batch, $0.integers([6], shape: [])], target)
      $0.reshape([$1, target], $2)
    }
    #expect(try sample.graph().operations == [.reshape(try Shape([1, 6]))])
  }

  @Test func fullyConnectedFlattensItsInput() throws {
    let sample = TFLiteSample.single([1, 1, 2, 1], [1, 3]) {
      let weights = $0.constant([3, 2], [1, 0, 0, 1, 1, 1])
      $0.fullyConnected([$1, weights, $0.constant([3], [0, 0, 0.5])], $2, .relu)
    }
    #expect(try sample.graph().run([2, -3]) == [2, 0, 0])
    let kept = TFLiteSample.single([1, 2, 1, 2], [1, 2, 1, 1]) {
      $0.fullyConnected([$1, $0.constant([1, 2], [1, 10]), -1], $2, keepsDimensions: true)
    }
    #expect(try kept.graph().run([1, 2, 3, 4]) == [21, 43])
  }

  @Test func batchThatMayChangeIsOne() throws {
    var sample = TFLiteSample.floatNetwork()
    sample.tensors[0].shapeSignature = [-1, 8, 8, 3]
    #expect(try sample.graph().inputs.count == 1)
  }

  // MARK: Element types

  @Test func halfPrecisionWeightsBehindDequantizeAreExact() throws {
    let sample = TFLiteSample.single([1, 1, 1, 2], [1, 1, 1, 1]) {
      let half = $0.constant([1, 1, 1, 2], .float16, [0x3C00, 0xC100] as [UInt16])
      let weights = $0.value([1, 1, 1, 2])
      $0.dequantize(half, weights)
      let halfBias = $0.constant([1], .float16, [0x0001] as [UInt16])
      let bias = $0.value([1])
      $0.dequantize(halfBias, bias)
      $0.convolution([$1, weights, bias], $2, .valid)
    }
    let imported = try sample.imported()
    #expect(imported.graph.nodes.count == 1)
    #expect(imported.graph.constants[0].floats == [1, -2.5])
    #expect(imported.graph.constants[1].floats == [0x1p-24])
    #expect(imported.note == nil)
  }

  /// Weights of 8 bits beside float values, as dynamic-range quantization leaves them.
  @Test func integersBesideRealNumbersBecomeReal() throws {
    let sample = TFLiteSample.single([1, 2], [1, 2]) {
      let weights = $0.constant(
        [2, 2], .int8, [10, -20, 30, 127] as [Int8], .init([0.5, 0.25], [0, 0]))
      $0.fullyConnected([$1, weights, -1], $2)
    }
    let imported = try sample.imported()
    #expect(imported.graph.constants[0].floats == [5, -10, 7.5, 31.75])
    #expect(imported.note == "float32 weights from an 8-bit grid")
  }

  @Test func integersBecomeRealAtTheEnd() throws {
    var sample = TFLiteSample()
    let input = sample.value([1, 4], .int8, .init(0.5, 1))
    let output = sample.value([1, 4])
    sample.dequantize(input, output)
    sample.inputs = [input]
    sample.outputs = [output]
    #expect(try sample.graph().operations == [.dequantize])
    #expect(try sample.graph(dequantizing: true).operations == [])
  }
}
