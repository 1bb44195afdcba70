import MNV4Core
import MNV4Graph

extension Architecture {
  /// FBNet (Wu et al., 2019, arXiv 1812.03443), keys as timm gives its FBNet-C: `blocks.STAGE.BLOCK`
  /// counts the layers that the search kept.
  static let fbNet: [Architecture] = [
    Architecture(
      name: "fbnet_b", source: "FBNet, arXiv 1812.03443; the authors' first code",
      preprocessing: .imageNet(.bilinear), table: .fbNetB)
  ]
}

extension InvertedResidualTable {
  /// FBNet-B, of which two tables are in circulation: they differ in the second layer of 64
  /// channels (expansion 1 or 6) and in whether a layer of expansion 1 has its first 1×1
  /// convolution.
  ///
  /// This is the earlier one: expansion 1 there, every first convolution kept, as in the builder
  /// that came with the paper and in timm's FBNet-C. Its 4.81 M parameters and 296.6 M
  /// multiply-accumulates are within 0.4 % of the 4.8 M and 295.6 M that the authors state; the
  /// other's 291.0 M are 1.6 % off.
  static let fbNetB = InvertedResidualTable(
    stemOutputs: 16, stemActivation: .relu,
    stages: [
      stage(inputs: 16, outputs: 16, [(3, 1)]),
      stage(stride: 2, inputs: 16, outputs: 24, [(3, 6), (5, 1), (3, 1), (3, 1)]),
      stage(stride: 2, inputs: 24, outputs: 32, [(5, 6), (5, 3), (3, 6), (5, 6)]),
      stage(stride: 2, inputs: 32, outputs: 64, [(5, 6), (5, 1), (5, 3)]),
      stage(inputs: 64, outputs: 112, [(5, 6), (3, 1), (5, 1), (5, 3)]),
      stage(stride: 2, inputs: 112, outputs: 184, [(5, 6), (5, 1), (5, 6), (5, 6)]),
      stage(inputs: 184, outputs: 352, [(3, 6)]),
    ],
    head: .convolutionThenPool(outputs: 1984, activation: .relu))

  private static func stage(
    stride: Int = 1, inputs: Int, outputs: Int, _ layers: [(kernel: Int, ratio: Int)]
  ) -> [Block] {
    searched(stride: stride, inputs: inputs, outputs: outputs, activation: .relu, layers)
  }
}
