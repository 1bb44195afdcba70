import MNV4Core
import MNV4Graph

extension Architecture {
  /// MnasNet (Tan et al., 2019, arXiv 1807.11626), keys as in timm.
  static let mnasNet: [Architecture] = [
    Architecture(
      name: "semnasnet_100", source: "MnasNet-A1, arXiv 1807.11626; timm",
      preprocessing: .imageNet(.bicubic), table: .mnasNetA1)
  ]
}

extension InvertedResidualTable {
  /// Figure 7 of the paper.
  static let mnasNetA1 = InvertedResidualTable(
    stemOutputs: 32, stemActivation: .relu,
    stages: [
      [
        .inverted(
          InvertedResidual(kernel: 3, expanded: nil, outputs: 16, activation: .relu))
      ],
      stage(3, stride: 2, ratio: 6, inputs: 16, outputs: 24, count: 2),
      stage(5, stride: 2, ratio: 3, inputs: 24, outputs: 40, count: 3, excites: true),
      stage(3, stride: 2, ratio: 6, inputs: 40, outputs: 80, count: 4),
      stage(3, ratio: 6, inputs: 80, outputs: 112, count: 2, excites: true),
      stage(5, stride: 2, ratio: 6, inputs: 112, outputs: 160, count: 3, excites: true),
      stage(3, ratio: 6, inputs: 160, outputs: 320, count: 1),
    ],
    head: .convolutionThenPool(outputs: 1280, activation: .relu))

  /// `count` blocks of one expansion ratio; the first has the stride. The squeezed channels are a
  /// quarter of those that enter the block.
  private static func stage(
    _ kernel: Int, stride: Int = 1, ratio: Int, inputs: Int, outputs: Int, count: Int,
    excites: Bool = false
  ) -> [Block] {
    (0..<count).map { index in
      let entering = index == 0 ? inputs : outputs
      return .inverted(
        InvertedResidual(
          kernel: kernel, stride: index == 0 ? stride : 1, expanded: ratio * entering,
          outputs: outputs, activation: .relu,
          squeezeExcite: excites ? SqueezeExcite(squeezed: entering / 4) : nil))
    }
  }
}
