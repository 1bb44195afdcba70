import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNet (Howard et al., 2017, arXiv 1704.04861), keys and activation (ReLU6) as in timm.
  static let mobileNetV1: [Architecture] = [
    Architecture(
      name: "mobilenetv1_100", source: "MobileNet, arXiv 1704.04861; timm",
      preprocessing: try? ImagePreprocessing(
        interpolation: .bicubic, cropFraction: 0.875,
        mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]),
      table: .mobileNetV1)
  ]
}

extension InvertedResidualTable {
  /// Table 1 of the paper.
  static let mobileNetV1 = InvertedResidualTable(
    stemOutputs: 32, stemActivation: .relu6,
    stages: [
      [separable(outputs: 64)],
      [separable(stride: 2, outputs: 128), separable(outputs: 128)],
      [separable(stride: 2, outputs: 256), separable(outputs: 256)],
      [
        separable(stride: 2, outputs: 512), separable(outputs: 512), separable(outputs: 512),
        separable(outputs: 512), separable(outputs: 512), separable(outputs: 512),
      ],
      [separable(stride: 2, outputs: 1024), separable(outputs: 1024)],
    ],
    head: .pool)

  /// A depthwise separable block, activated after both convolutions and without a residual.
  private static func separable(stride: Int = 1, outputs: Int) -> Block {
    .inverted(
      InvertedResidual(
        kernel: 3, stride: stride, expanded: nil, outputs: outputs, activation: .relu6,
        projectionActivation: .relu6, allowsResidual: false))
  }
}
