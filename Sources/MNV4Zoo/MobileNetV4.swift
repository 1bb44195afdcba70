import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNetV4 (Qin et al., 2024, arXiv 2404.10518), layer tables and keys as in timm.
  static let mobileNetV4: [Architecture] = [
    mobileNetV4("mobilenetv4_conv_small_035", .convSmall, width: 0.35, deviation: .half),
    mobileNetV4("mobilenetv4_conv_small_050", .convSmall, width: 0.5, deviation: .half),
    mobileNetV4("mobilenetv4_conv_small_075", .convSmall, width: 0.75, deviation: .half),
    mobileNetV4("mobilenetv4_conv_small", .convSmall),
    mobileNetV4("mobilenetv4_conv_small_extradw", .convSmall.withBothDepthwise),
    mobileNetV4("mobilenetv4_conv_small_extradw_050", .convSmall.withBothDepthwise, width: 0.5),
    mobileNetV4("mobilenetv4_conv_small_convnext", .convSmall.withStartDepthwise),
    mobileNetV4("mobilenetv4_conv_small_convnext_050", .convSmall.withStartDepthwise, width: 0.5),
    mobileNetV4(
      "mobilenetv4_conv_medium_050", .convMedium, width: 0.5, inputSize: 256, cropFraction: 0.95),
    mobileNetV4("mobilenetv4_conv_medium", .convMedium, inputSize: 256, cropFraction: 0.95),
    mobileNetV4(
      "mobilenetv4_conv_large_050", .convLarge, width: 0.5, inputSize: 384, cropFraction: 0.95),
    mobileNetV4("mobilenetv4_conv_large", .convLarge, inputSize: 384, cropFraction: 0.95),
    mobileNetV4("mobilenetv4_hybrid_medium", .hybridMedium, inputSize: 256, cropFraction: 0.95),
    mobileNetV4("mobilenetv4_hybrid_large", .hybridLarge, inputSize: 384, cropFraction: 0.95),
  ]

  /// The mean and standard deviation that pictures are normalized by.
  private enum Deviation {
    case imageNet
    /// 0.5 for every channel.
    case half
  }

  private static func mobileNetV4(
    _ name: String, _ table: MobileNetV4Table, width: Double = 1, inputSize: Int = 224,
    cropFraction: Double = 0.875, deviation: Deviation = .imageNet
  ) -> Architecture {
    Architecture(
      name: name, source: "MobileNetV4, arXiv 2404.10518; timm", defaultInputSize: inputSize,
      preprocessing: try? ImagePreprocessing(
        interpolation: .bicubic, cropFraction: cropFraction,
        mean: deviation == .half ? [0.5, 0.5, 0.5] : [0.485, 0.456, 0.406],
        standardDeviation: deviation == .half ? [0.5, 0.5, 0.5] : [0.229, 0.224, 0.225]),
      classifierKey: "classifier.weight"
    ) { (builder, parameters) throws(BuildError) in
      try MobileNetV4(table: table, width: width).append(to: &builder, parameters)
    }
  }
}

/// A layer table at a width: every channel count of a stage is scaled, the stem's only upwards, the
/// last convolution's and the attention's dimensions not at all.
private struct MobileNetV4 {
  let table: MobileNetV4Table
  let width: Double

  static let headOutputs = 1280

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    let stemOutputs = width < 1 ? table.stemOutputs : scaled(table.stemOutputs)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer("conv_stem", outputs: stemOutputs, kernel: 3, stride: 2),
      normPrefix: "bn1", activation: table.activation)
    for (stageIndex, stage) in table.stages.enumerated() {
      for (blockIndex, block) in stage.enumerated() {
        value = try append(block, to: value, "blocks.\(stageIndex).\(blockIndex)", &builder)
      }
    }
    value = try builder.append("global_pool", .globalAveragePool, [value])
    value = try builder.convolutionBatchNorm(
      value, ConvolutionLayer("conv_head", outputs: Self.headOutputs),
      normPrefix: "norm_head", activation: table.activation)
    value = try builder.flatten(value)
    return try builder.fullyConnected(
      value, prefix: "classifier", outputs: parameters.classCount)
  }

  private func scaled(_ channels: Int) -> Int { roundedChannels(Double(channels) * width) }

  private func append(
    _ block: MobileNetV4Table.Block, to value: ValueID, _ prefix: String,
    _ builder: inout GraphBuilder
  ) throws(BuildError) -> ValueID {
    let inputs = builder.shape(of: value).last
    switch block {
    case .convolution(let kernel, let stride, let outputs):
      return try builder.convolutionBatchNorm(
        value,
        ConvolutionLayer(
          prefix, key: "\(prefix).conv.weight", outputs: scaled(outputs), kernel: kernel,
          stride: stride),
        normPrefix: "\(prefix).bn1", activation: table.activation)
    case .fused(let kernel, let stride, let expansion, let outputs):
      return try builder.fusedInvertedBottleneck(
        value,
        FusedInvertedBottleneck(
          kernel: kernel, stride: stride, expanded: inputs * expansion, outputs: scaled(outputs)),
        prefix: prefix, activation: table.activation)
    case .universal(let start, let middle, let stride, let expansion, let outputs):
      return try builder.universalInvertedBottleneck(
        value,
        UniversalInvertedBottleneck(
          start: start, middle: middle, stride: stride, expanded: inputs * expansion,
          outputs: scaled(outputs), hasLayerScale: table.hasLayerScale),
        prefix: prefix, activation: table.activation)
    case .attention(let attention):
      return try builder.mobileMQA(value, attention, prefix: prefix)
    }
  }
}
