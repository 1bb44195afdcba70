import MNV4Core
import MNV4Graph

extension Architecture {
  /// GhostNet (Han et al., 2020, arXiv 1911.11907), keys as in timm.
  static let ghostNet: [Architecture] = [
    Architecture(
      name: "ghostnet_130", source: "GhostNet, arXiv 1911.11907; timm", defaultInputSize: 224,
      preprocessing: .imageNet(.bicubic), classifierKey: "classifier.weight"
    ) { (builder, parameters) throws(BuildError) in
      try GhostNetTable(width: 1.3).append(to: &builder, parameters)
    }
  ]
}

/// The layers between the input and the classes: table 7 of the paper, its channels scaled by
/// `width` and rounded to multiples of 4, but for the 1280 of the head.
struct GhostNetTable: Sendable {
  var width: Double

  private struct Row {
    var kernel: Int
    var stride = 1
    var expanded: Int
    var outputs: Int
    var excites = false
  }

  private static let stages: [[Row]] = [
    [Row(kernel: 3, expanded: 16, outputs: 16)],
    [Row(kernel: 3, stride: 2, expanded: 48, outputs: 24)],
    [Row(kernel: 3, expanded: 72, outputs: 24)],
    [Row(kernel: 5, stride: 2, expanded: 72, outputs: 40, excites: true)],
    [Row(kernel: 5, expanded: 120, outputs: 40, excites: true)],
    [Row(kernel: 3, stride: 2, expanded: 240, outputs: 80)],
    [
      Row(kernel: 3, expanded: 200, outputs: 80), Row(kernel: 3, expanded: 184, outputs: 80),
      Row(kernel: 3, expanded: 184, outputs: 80),
      Row(kernel: 3, expanded: 480, outputs: 112, excites: true),
      Row(kernel: 3, expanded: 672, outputs: 112, excites: true),
    ],
    [Row(kernel: 5, stride: 2, expanded: 672, outputs: 160, excites: true)],
    [
      Row(kernel: 5, expanded: 960, outputs: 160),
      Row(kernel: 5, expanded: 960, outputs: 160, excites: true),
      Row(kernel: 5, expanded: 960, outputs: 160),
      Row(kernel: 5, expanded: 960, outputs: 160, excites: true),
    ],
  ]

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer("conv_stem", outputs: scaled(16), kernel: 3, stride: 2),
      normPrefix: "bn1", activation: .relu)
    for (stageIndex, stage) in Self.stages.enumerated() {
      for (rowIndex, row) in stage.enumerated() {
        value = try builder.ghostBottleneck(
          value, block(row), prefix: "blocks.\(stageIndex).\(rowIndex)")
      }
    }
    let last = "blocks.\(Self.stages.count).0"
    value = try builder.convolutionBatchNorm(
      value, ConvolutionLayer("\(last).conv", outputs: scaled(960)),
      normPrefix: "\(last).bn1", activation: .relu)
    value = try builder.append("global_pool", .globalAveragePool, [value])
    value = try builder.convolutionBias(value, "conv_head", outputs: 1280, activation: .relu)
    return try builder.fullyConnected(
      try builder.flatten(value), prefix: "classifier", outputs: parameters.classCount)
  }

  private func scaled(_ channels: Int) -> Int {
    roundedChannels(Double(channels) * width, divisor: 4)
  }

  private func block(_ row: Row) -> GhostBottleneck {
    let expanded = scaled(row.expanded)
    let squeezeExcite = SqueezeExcite(
      squeezed: roundedChannels(Double(expanded) / 4, divisor: 4), gate: .hardSigmoid)
    return GhostBottleneck(
      kernel: row.kernel, stride: row.stride, expanded: expanded, outputs: scaled(row.outputs),
      squeezeExcite: row.excites ? squeezeExcite : nil)
  }
}
