import MNV4Core
import MNV4Graph

extension Architecture {
  /// EfficientNet (Tan and Le, 2019, arXiv 1905.11946), keys as in timm.
  static let efficientNet: [Architecture] = [
    Architecture(
      name: "efficientnet_b0", source: "EfficientNet, arXiv 1905.11946; timm",
      preprocessing: .imageNet(.bicubic), table: .efficientNetB0)
  ]
}

extension InvertedResidualTable {
  /// Table 1 of the paper.
  static let efficientNetB0 = InvertedResidualTable(
    stemOutputs: 32, stemActivation: .silu,
    stages: [
      [
        .inverted(
          InvertedResidual(
            kernel: 3, expanded: nil, outputs: 16, activation: .silu,
            squeezeExcite: squeezeExcite(inputs: 32)))
      ],
      stage(3, stride: 2, inputs: 16, outputs: 24, count: 2),
      stage(5, stride: 2, inputs: 24, outputs: 40, count: 2),
      stage(3, stride: 2, inputs: 40, outputs: 80, count: 3),
      stage(5, inputs: 80, outputs: 112, count: 3),
      stage(5, stride: 2, inputs: 112, outputs: 192, count: 4),
      stage(3, inputs: 192, outputs: 320, count: 1),
    ],
    head: .convolutionThenPool(outputs: 1280, activation: .silu))

  /// `count` blocks that expand their input sixfold; the first has the stride.
  private static func stage(
    _ kernel: Int, stride: Int = 1, inputs: Int, outputs: Int, count: Int
  ) -> [Block] {
    (0..<count).map { index in
      let entering = index == 0 ? inputs : outputs
      return .inverted(
        InvertedResidual(
          kernel: kernel, stride: index == 0 ? stride : 1, expanded: 6 * entering,
          outputs: outputs, activation: .silu, squeezeExcite: squeezeExcite(inputs: entering)))
    }
  }

  /// Squeezed to a quarter of the channels that enter the block, not of the expanded ones.
  private static func squeezeExcite(inputs: Int) -> SqueezeExcite {
    SqueezeExcite(squeezed: inputs / 4, innerActivation: .silu)
  }
}
