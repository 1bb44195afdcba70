import MNV4Graph

/// Networks of a few layers, each with the operations of one family, on pictures of 24 × 24 pixels.
enum Family: String, CaseIterable {
  case mobileNetV1, mobileNetV2, mobileNetV3, mobileNetV4, mobileNetV4Hybrid, mobileNeXt,
    ghostNet, efficientNet

  static let classCount = 7

  /// With batch normalizations as in a checkpoint, and seeded weights.
  func graph(seed: UInt64 = 11) throws -> Graph {
    var builder = GraphBuilder(name: rawValue, weights: SeededWeights(seed: seed))
    var value = try builder.input(height: 24, width: 24)
    value = try builder.convolutionBatchNorm(
      value, ConvolutionLayer("stem", outputs: 16, kernel: 3, stride: 2), normPrefix: "stem_bn",
      activation: stemActivation)
    value = try body(value, &builder)
    value = try builder.append("pool", .globalAveragePool, [value])
    value = try builder.flatten(value)
    value = try builder.fullyConnected(value, prefix: "head", outputs: Self.classCount)
    return try builder.finish(output: value)
  }

  private var stemActivation: Activation {
    switch self {
    case .mobileNetV1, .mobileNetV2, .mobileNeXt: .relu6
    case .mobileNetV3: .hardSwish
    case .efficientNet: .silu
    case .mobileNetV4, .mobileNetV4Hybrid, .ghostNet: .relu
    }
  }

  private func body(_ input: ValueID, _ builder: inout GraphBuilder) throws -> ValueID {
    switch self {
    case .mobileNetV1:
      let filtered = try builder.convolutionBatchNorm(
        input, ConvolutionLayer("dw", outputs: 16, kernel: 3, stride: 2, groups: 16),
        normPrefix: "dw_bn", activation: .relu6)
      return try builder.convolutionBatchNorm(
        filtered, ConvolutionLayer("pw", outputs: 32), normPrefix: "pw_bn", activation: .relu6)
    case .mobileNetV2:
      return try inverted(input, .relu6, squeezeExcite: nil, &builder)
    case .mobileNetV3:
      return try inverted(
        input, .hardSwish, squeezeExcite: SqueezeExcite(squeezed: 8, gate: .hardSigmoid), &builder)
    case .efficientNet:
      return try inverted(
        input, .silu, squeezeExcite: SqueezeExcite(squeezed: 8, innerActivation: .silu), &builder)
    case .mobileNetV4: return try universal(input, .relu, &builder)
    case .mobileNetV4Hybrid:
      let value = try universal(input, .gelu, &builder)
      return try builder.mobileMQA(
        value, MobileMQA(heads: 2, headChannels: 8, keyStride: 2), prefix: "mqa")
    case .mobileNeXt:
      var bottleneck: ValueID?
      let value = try builder.sandglass(
        input, Sandglass(hidden: 8, outputs: 16, depthwise: .both, identityChannelCount: 10),
        prefix: "glass.0", list: "conv", bottleneck: &bottleneck)
      return try builder.sandglass(
        value, Sandglass(hidden: 8, outputs: 24, stride: 2, depthwise: .both),
        prefix: "glass.1", list: "conv", bottleneck: &bottleneck)
    case .ghostNet:
      // An odd number of channels: one of the concatenation's is cut off.
      let value = try builder.ghostBottleneck(
        input,
        GhostBottleneck(
          kernel: 3, expanded: 25, outputs: 16,
          squeezeExcite: SqueezeExcite(squeezed: 8, gate: .hardSigmoid)), prefix: "ghost.0")
      return try builder.ghostBottleneck(
        value, GhostBottleneck(kernel: 3, stride: 2, expanded: 24, outputs: 21),
        prefix: "ghost.1")
    }
  }

  private func inverted(
    _ input: ValueID, _ activation: Activation, squeezeExcite: SqueezeExcite?,
    _ builder: inout GraphBuilder
  ) throws -> ValueID {
    let value = try builder.invertedResidual(
      input,
      InvertedResidual(
        kernel: 3, expanded: 32, outputs: 16, activation: activation,
        squeezeExcite: squeezeExcite), prefix: "block.0")
    return try builder.invertedResidual(
      value,
      InvertedResidual(
        kernel: 5, stride: 2, expanded: 32, outputs: 24, activation: activation,
        squeezeExcite: squeezeExcite), prefix: "block.1")
  }

  private func universal(
    _ input: ValueID, _ activation: Activation, _ builder: inout GraphBuilder
  ) throws -> ValueID {
    let value = try builder.universalInvertedBottleneck(
      input,
      UniversalInvertedBottleneck(
        start: 3, middle: 3, expanded: 32, outputs: 16, hasLayerScale: true), prefix: "uib.0",
      activation: activation)
    return try builder.universalInvertedBottleneck(
      value,
      UniversalInvertedBottleneck(start: 5, middle: 5, stride: 2, expanded: 32, outputs: 24),
      prefix: "uib.1", activation: activation)
  }
}
