/// Whole networks: an image of 8×8 pixels through a dense and a depthwise convolution, the mean over
/// the image, and a classifier of three classes with softmax.
extension TFLiteSample {
  /// Whole numbers from −8 to 8.
  package static func pattern(_ count: Int, seed: Int = 0) -> [Int] {
    (0..<count).map { ($0 * 7 + seed * 5) * 11 % 17 - 8 }
  }

  package static func floatNetwork() -> TFLiteSample {
    func weights(_ count: Int, seed: Int) -> [Float] {
      pattern(count, seed: seed).map { Float($0) / 16 }
    }
    var sample = TFLiteSample()
    let input = sample.value([1, 8, 8, 3], name: "image")
    let stem = sample.constant([4, 3, 3, 3], weights(108, seed: 1), name: "stem/filter")
    let stemBias = sample.constant([4], weights(4, seed: 2), name: "stem/bias")
    let features = sample.value([1, 4, 4, 4], name: "stem/Relu6;stem/filter")
    sample.convolution([input, stem, stemBias], features, stride: 2, .relu6)
    let filter = sample.constant([1, 3, 3, 4], weights(36, seed: 3))
    let filterBias = sample.constant([4], weights(4, seed: 4))
    let filtered = sample.value([1, 4, 4, 4], name: "depthwise")
    sample.depthwise([features, filter, filterBias], filtered)
    let means = sample.value([1, 4], name: "pool")
    sample.mean(filtered, [1, 2], means, keepsDimensions: false)
    let classifier = sample.constant([3, 4], weights(12, seed: 5))
    let classifierBias = sample.constant([3], weights(3, seed: 6))
    let logits = sample.value([1, 3], name: "logits")
    sample.fullyConnected([means, classifier, classifierBias], logits)
    let probabilities = sample.value([1, 3], name: "probabilities")
    sample.softmax(logits, probabilities)
    sample.inputs = [input]
    sample.outputs = [probabilities]
    return sample
  }

  /// Scales a channel in the weights, uint8 at both ends.
  package static func int8Network() -> TFLiteSample {
    var sample = TFLiteSample()
    let picture = sample.value([1, 8, 8, 3], .uint8, Quantization(1 / 128, 128), name: "image")
    let input = sample.value([1, 8, 8, 3], .int8, Quantization(1 / 128, 0), name: "quantized")
    sample.quantize(picture, input)
    sample.inputs = [picture]
    let scales: [Float] = [0.01, 0.02, 0.03, 0.04]
    let six = Quantization(6 / 255, -128)
    let features = sample.value([1, 4, 4, 4], .int8, six, name: "stem")
    sample.convolution(
      sample.layer(
        input, [4, 3, 3, 3], outputs: 4, .int8,
        Quantization(scales, [0, 0, 0, 0]), inputScale: 1 / 128), features, stride: 2, .relu6)
    let filtered = sample.value([1, 4, 4, 4], .int8, Quantization(0.05, 3), name: "depthwise")
    sample.depthwise(
      sample.layer(
        features, [1, 3, 3, 4], outputs: 4, .int8,
        Quantization(scales, [0, 0, 0, 0], dimension: 3), inputScale: 6 / 255), filtered)
    let means = sample.value([1, 4], .int8, Quantization(0.04, 2), name: "pool")
    sample.mean(filtered, [1, 2], means, keepsDimensions: false)
    let logits = sample.value([1, 3], .int8, Quantization(0.1, 5), name: "logits")
    sample.fullyConnected(
      sample.layer(
        means, [3, 4], outputs: 3, .int8, Quantization(0.02, 0), inputScale: 0.04), logits)
    let probabilities = sample.value([1, 3], .int8, Quantization(1 / 256, -128))
    sample.softmax(logits, probabilities)
    let output = sample.value([1, 3], .uint8, Quantization(1 / 256, 0), name: "probabilities")
    sample.quantize(probabilities, output)
    sample.outputs = [output]
    return sample
  }

  /// One scale and a zero point in the weights of a layer.
  package static func uint8Network() -> TFLiteSample {
    var sample = TFLiteSample()
    let input = sample.value([1, 8, 8, 3], .uint8, Quantization(1 / 128, 127), name: "image")
    sample.inputs = [input]
    let features = sample.value([1, 4, 4, 4], .uint8, Quantization(6 / 255, 0), name: "stem")
    sample.convolution(
      sample.layer(
        input, [4, 3, 3, 3], outputs: 4, .uint8, Quantization(0.02, 110), inputScale: 1 / 128),
      features, stride: 2)
    let filtered = sample.value([1, 4, 4, 4], .uint8, Quantization(0.05, 131), name: "depthwise")
    sample.depthwise(
      sample.layer(
        features, [1, 3, 3, 4], outputs: 4, .uint8, Quantization(0.03, 140), inputScale: 6 / 255),
      filtered)
    let means = sample.value([1, 1, 1, 4], .uint8, Quantization(0.05, 131), name: "pool")
    sample.averagePool(filtered, means, .valid, size: 4, stride: 1)
    let flat = sample.value([1, 4], .uint8, Quantization(0.05, 131), name: "flat")
    sample.reshape([means, sample.integers([-1, 4])], flat)
    let logits = sample.value([1, 3], .uint8, Quantization(0.1, 122), name: "logits")
    sample.fullyConnected(
      sample.layer(flat, [3, 4], outputs: 3, .uint8, Quantization(0.02, 120), inputScale: 0.05),
      logits)
    let output = sample.value([1, 3], .uint8, Quantization(1 / 256, 0), name: "probabilities")
    sample.softmax(logits, output)
    sample.outputs = [output]
    return sample
  }

  /// The inputs of an operator with weights: seeded around the zero point, and a bias.
  package mutating func layer(
    _ input: Int, _ shape: [Int], outputs: Int, _ type: ElementType, _ weights: Quantization,
    inputScale: Float
  ) -> [Int] {
    let numbers = Self.pattern(shape.reduce(1, *), seed: tensors.count)
    let zeroPoint = weights.zeroPoints[0]
    let filter =
      type == .int8
      ? constant(shape, .int8, numbers.map { Int8($0) }, weights)
      : constant(shape, .uint8, numbers.map { UInt8($0 + zeroPoint) }, weights)
    let bias = constant(
      [outputs], .int32, Self.pattern(outputs, seed: 9).map { Int32($0 * 20) },
      Quantization(
        weights.scales.map { $0 * inputScale }, weights.scales.map { _ in 0 }))
    return [input, filter, bias]
  }
}
