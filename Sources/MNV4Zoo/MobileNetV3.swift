import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNetV3 (Howard et al., 2019, arXiv 1905.02244), keys as in timm.
  static let mobileNetV3: [Architecture] = [
    mobileNetV3("mobilenetv3_large_100", .bicubic, .mobileNetV3Large(width: 1)),
    mobileNetV3("mobilenetv3_large_075", .bilinear, .mobileNetV3Large(width: 0.75)),
    mobileNetV3("mobilenetv3_small_050", .bicubic, .mobileNetV3Small(width: 0.5)),
    mobileNetV3("mobilenetv3_small_100", .bicubic, .mobileNetV3Small(width: 1)),
  ]

  private static func mobileNetV3(
    _ name: String, _ interpolation: ImagePreprocessing.Interpolation,
    _ table: InvertedResidualTable
  ) -> Architecture {
    Architecture(
      name: name, source: "MobileNetV3, arXiv 1905.02244; timm",
      preprocessing: .imageNet(interpolation), table: table)
  }
}

extension InvertedResidualTable {
  /// Table 2 of the paper. `width` scales the channels of the stem, of every block and of the last
  /// convolution of the features; the 1280 of the head stay.
  static func mobileNetV3Large(width: Double) -> InvertedResidualTable {
    let stemOutputs = roundedChannels(16 * width)
    var rows = MobileNetV3Rows(width: width, stemOutputs: stemOutputs)
    return InvertedResidualTable(
      stemOutputs: stemOutputs, stemActivation: .hardSwish,
      stages: [
        [rows.separable(3, outputs: 16)],
        [rows.row(3, stride: 2, ratio: 4, outputs: 24), rows.row(3, ratio: 3, outputs: 24)],
        [
          rows.row(5, stride: 2, ratio: 3, outputs: 40, excites: true),
          rows.row(5, ratio: 3, outputs: 40, excites: true),
          rows.row(5, ratio: 3, outputs: 40, excites: true),
        ],
        [
          rows.row(3, stride: 2, ratio: 6, outputs: 80, .hardSwish),
          rows.row(3, ratio: 2.5, outputs: 80, .hardSwish),
          rows.row(3, ratio: 2.3, outputs: 80, .hardSwish),
          rows.row(3, ratio: 2.3, outputs: 80, .hardSwish),
        ],
        [
          rows.row(3, ratio: 6, outputs: 112, .hardSwish, excites: true),
          rows.row(3, ratio: 6, outputs: 112, .hardSwish, excites: true),
        ],
        [
          rows.row(5, stride: 2, ratio: 6, outputs: 160, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 160, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 160, .hardSwish, excites: true),
        ],
        [.pointwise(outputs: roundedChannels(960 * width), activation: .hardSwish)],
      ],
      head: .poolThenConvolution(outputs: 1280, activation: .hardSwish))
  }

  /// Table 3 of the paper. `width` scales the channels of every block and of the last convolution of
  /// the features, those of the stem from 0.75 on; the 1024 of the head stay.
  static func mobileNetV3Small(width: Double) -> InvertedResidualTable {
    let stemOutputs = width < 0.75 ? 16 : roundedChannels(16 * width)
    var rows = MobileNetV3Rows(width: width, stemOutputs: stemOutputs)
    return InvertedResidualTable(
      stemOutputs: stemOutputs, stemActivation: .hardSwish,
      stages: [
        [rows.separable(3, stride: 2, outputs: 16, excites: true)],
        [rows.row(3, stride: 2, ratio: 4.5, outputs: 24), rows.row(3, ratio: 3.67, outputs: 24)],
        [
          rows.row(5, stride: 2, ratio: 4, outputs: 40, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 40, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 40, .hardSwish, excites: true),
        ],
        [
          rows.row(5, ratio: 3, outputs: 48, .hardSwish, excites: true),
          rows.row(5, ratio: 3, outputs: 48, .hardSwish, excites: true),
        ],
        [
          rows.row(5, stride: 2, ratio: 6, outputs: 96, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 96, .hardSwish, excites: true),
          rows.row(5, ratio: 6, outputs: 96, .hardSwish, excites: true),
        ],
        [.pointwise(outputs: roundedChannels(576 * width), activation: .hardSwish)],
      ],
      head: .poolThenConvolution(outputs: 1024, activation: .hardSwish))
  }
}

/// Rows of the paper's tables, whose expansions are ratios of the scaled channels that enter.
private struct MobileNetV3Rows {
  let width: Double
  /// Channels after the last row.
  private(set) var channels: Int

  init(width: Double, stemOutputs: Int) {
    self.width = width
    self.channels = stemOutputs
  }

  /// The first row, which expands nothing.
  mutating func separable(
    _ kernel: Int, stride: Int = 1, outputs: Int, excites: Bool = false
  ) -> InvertedResidualTable.Block {
    next(kernel, stride, expanded: nil, outputs, .relu, excites)
  }

  mutating func row(
    _ kernel: Int, stride: Int = 1, ratio: Double, outputs: Int, _ activation: Activation = .relu,
    excites: Bool = false
  ) -> InvertedResidualTable.Block {
    next(
      kernel, stride, expanded: roundedChannels(Double(channels) * ratio), outputs, activation,
      excites)
  }

  private mutating func next(
    _ kernel: Int, _ stride: Int, expanded: Int?, _ outputs: Int, _ activation: Activation,
    _ excites: Bool
  ) -> InvertedResidualTable.Block {
    let inner = expanded ?? channels
    channels = roundedChannels(Double(outputs) * width)
    return .inverted(
      InvertedResidual(
        kernel: kernel, stride: stride, expanded: expanded, outputs: channels,
        activation: activation,
        squeezeExcite: excites
          ? SqueezeExcite(squeezed: roundedChannels(Double(inner) / 4), gate: .hardSigmoid)
          : nil))
  }
}
