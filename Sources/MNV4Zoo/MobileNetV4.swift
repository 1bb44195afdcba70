import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNetV4 (Qin et al., 2024, arXiv 2404.10518), layer tables and keys as in timm.
  static let mobileNetV4: [Architecture] = [
    mobileNetV4(
      "mobilenetv4_conv_small", table: .convSmall, defaultInputSize: 224, cropFraction: 0.875)
  ]

  private static func mobileNetV4(
    _ name: String, table: MobileNetV4Table, defaultInputSize: Int, cropFraction: Double
  ) -> Architecture {
    Architecture(
      name: name, source: "MobileNetV4, arXiv 2404.10518; timm",
      defaultInputSize: defaultInputSize,
      preprocessing: try? ImagePreprocessing(
        interpolation: .bicubic, cropFraction: cropFraction,
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225]),
      classifierKey: "classifier.weight"
    ) { (builder, parameters) throws(BuildError) in
      try table.append(to: &builder, parameters)
    }
  }
}

/// The layers between the input and the classes.
struct MobileNetV4Table: Sendable {
  enum Block: Sendable {
    /// Convolution, batch normalization, activation.
    case convolution(kernel: Int, stride: Int, outputs: Int)
    case bottleneck(UniversalInvertedBottleneck)

    /// The inverted bottleneck of MobileNetV2.
    static func inverted(_ kernel: Int, expanded: Int, outputs: Int) -> Block {
      extra(nil, kernel, expanded: expanded, outputs: outputs)
    }

    /// Like a ConvNeXt block: depthwise first.
    static func convNext(_ kernel: Int, expanded: Int, outputs: Int) -> Block {
      extra(kernel, nil, expanded: expanded, outputs: outputs)
    }

    static func extra(
      _ start: Int?, _ middle: Int?, stride: Int = 1, expanded: Int, outputs: Int
    ) -> Block {
      .bottleneck(
        UniversalInvertedBottleneck(
          start: start, middle: middle, stride: stride, expanded: expanded, outputs: outputs))
    }
  }

  var stemOutputs: Int
  var activation: Activation
  var stages: [[Block]]

  static let headOutputs = 1280

  static let convSmall = MobileNetV4Table(
    stemOutputs: 32, activation: .relu,
    stages: [
      [
        .convolution(kernel: 3, stride: 2, outputs: 32),
        .convolution(kernel: 1, stride: 1, outputs: 32),
      ],
      [
        .convolution(kernel: 3, stride: 2, outputs: 96),
        .convolution(kernel: 1, stride: 1, outputs: 64),
      ],
      [
        .extra(5, 5, stride: 2, expanded: 192, outputs: 96),
        .inverted(3, expanded: 192, outputs: 96),
        .inverted(3, expanded: 192, outputs: 96),
        .inverted(3, expanded: 192, outputs: 96),
        .inverted(3, expanded: 192, outputs: 96),
        .convNext(3, expanded: 384, outputs: 96),
      ],
      [
        .extra(3, 3, stride: 2, expanded: 576, outputs: 128),
        .extra(5, 5, expanded: 512, outputs: 128),
        .inverted(5, expanded: 512, outputs: 128),
        .inverted(5, expanded: 384, outputs: 128),
        .inverted(3, expanded: 512, outputs: 128),
        .inverted(3, expanded: 512, outputs: 128),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer(
        "conv_stem", outputs: stemOutputs, kernel: 3, stride: parameters.stemStride),
      normPrefix: "bn1", activation: activation)
    for (stageIndex, stage) in stages.enumerated() {
      for (blockIndex, block) in stage.enumerated() {
        value = try append(block, to: value, "blocks.\(stageIndex).\(blockIndex)", &builder)
      }
    }
    value = try builder.append("global_pool", .globalAveragePool, [value])
    value = try builder.convolutionBatchNorm(
      value, ConvolutionLayer("conv_head", outputs: Self.headOutputs),
      normPrefix: "norm_head", activation: activation)
    value = try builder.flatten(value)
    return try builder.fullyConnected(
      value, prefix: "classifier", outputs: parameters.classCount)
  }

  private func append(
    _ block: Block, to value: ValueID, _ prefix: String, _ builder: inout GraphBuilder
  ) throws(BuildError) -> ValueID {
    switch block {
    case .convolution(let kernel, let stride, let outputs):
      try builder.convolutionBatchNorm(
        value,
        ConvolutionLayer(
          prefix, key: "\(prefix).conv.weight", outputs: outputs, kernel: kernel, stride: stride),
        normPrefix: "\(prefix).bn1", activation: activation)
    case .bottleneck(let block):
      try builder.universalInvertedBottleneck(
        value, block, prefix: prefix, activation: activation)
    }
  }
}
