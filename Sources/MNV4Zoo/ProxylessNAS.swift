import MNV4Core
import MNV4Graph

extension Architecture {
  /// ProxylessNAS (Cai et al., 2019, arXiv 1812.00332), layers as in the authors' code.
  ///
  /// Keys are in timm's manner, which has no such network: `blocks.STAGE.BLOCK` counts the layers
  /// that the search kept.
  static let proxylessNAS: [Architecture] = [
    Architecture(
      name: "proxylessnas_mobile", source: "ProxylessNAS, arXiv 1812.00332; mit-han-lab",
      preprocessing: .imageNet(.bilinear), batchNormEpsilon: 1e-3, table: .proxylessNASMobile)
  ]
}

extension InvertedResidualTable {
  static let proxylessNASMobile = InvertedResidualTable(
    stemOutputs: 32, stemActivation: .relu6,
    stages: [
      [
        .inverted(
          InvertedResidual(kernel: 3, expanded: nil, outputs: 16, activation: .relu6))
      ],
      stage(stride: 2, inputs: 16, outputs: 32, [(5, 3), (3, 3)]),
      stage(stride: 2, inputs: 32, outputs: 40, [(7, 3), (3, 3), (5, 3), (5, 3)]),
      stage(stride: 2, inputs: 40, outputs: 80, [(7, 6), (5, 3), (5, 3), (5, 3)]),
      stage(inputs: 80, outputs: 96, [(5, 6), (5, 3), (5, 3), (5, 3)]),
      stage(stride: 2, inputs: 96, outputs: 192, [(7, 6), (7, 6), (7, 3), (7, 3)]),
      stage(inputs: 192, outputs: 320, [(7, 6)]),
    ],
    head: .convolutionThenPool(outputs: 1280, activation: .relu6))

  private static func stage(
    stride: Int = 1, inputs: Int, outputs: Int, _ layers: [(kernel: Int, ratio: Int)]
  ) -> [Block] {
    searched(stride: stride, inputs: inputs, outputs: outputs, activation: .relu6, layers)
  }

  /// The layers that a search chose for one stage; the first has the stride.
  static func searched(
    stride: Int, inputs: Int, outputs: Int, activation: Activation,
    _ layers: [(kernel: Int, ratio: Int)]
  ) -> [Block] {
    layers.enumerated().map { index, layer in
      .inverted(
        InvertedResidual(
          kernel: layer.kernel, stride: index == 0 ? stride : 1,
          expanded: layer.ratio * (index == 0 ? inputs : outputs), outputs: outputs,
          activation: activation))
    }
  }
}
