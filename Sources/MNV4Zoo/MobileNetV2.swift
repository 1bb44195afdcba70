import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNetV2 (Sandler et al., 2018, arXiv 1801.04381), keys as in timm.
  static let mobileNetV2: [Architecture] = [
    mobileNetV2("mobilenetv2_035", width: 0.35),
    mobileNetV2("mobilenetv2_050", width: 0.5),
    mobileNetV2("mobilenetv2_075", width: 0.75),
    mobileNetV2("mobilenetv2_100", width: 1),
    mobileNetV2("mobilenetv2_140", width: 1.4),
    mobileNetV2("mobilenetv2_100_extradw", width: 1, hasExtraDepthwise: true),
  ]

  private static func mobileNetV2(
    _ name: String, width: Double, hasExtraDepthwise: Bool = false
  ) -> Architecture {
    Architecture(
      name: name,
      source: hasExtraDepthwise
        ? "MobileNeXt, arXiv 2007.02269, Table 5" : "MobileNetV2, arXiv 1801.04381; timm",
      preprocessing: .imageNet(.bicubic),
      table: .mobileNetV2(width: width, hasExtraDepthwise: hasExtraDepthwise))
  }
}

extension InvertedResidualTable {
  /// Table 2 of the paper. Every channel count is scaled, the last convolution's only upwards.
  fileprivate static func mobileNetV2(
    width: Double, hasExtraDepthwise: Bool
  ) -> InvertedResidualTable {
    let rows: [(expansion: Int, outputs: Int, count: Int, stride: Int)] = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    let stemOutputs = roundedChannels(32 * width)
    var inputs = stemOutputs
    let stages = rows.map { row in
      (0..<row.count).map { index in
        let block = InvertedResidual(
          kernel: 3, stride: index == 0 ? row.stride : 1,
          expanded: row.expansion == 1 ? nil : row.expansion * inputs,
          outputs: roundedChannels(Double(row.outputs) * width), activation: .relu6,
          hasExtraDepthwise: hasExtraDepthwise)
        inputs = block.outputs
        return Block.inverted(block)
      }
    }
    return InvertedResidualTable(
      stemOutputs: stemOutputs, stemActivation: .relu6, stages: stages,
      head: .convolutionThenPool(
        outputs: roundedChannels(1280 * max(width, 1)), activation: .relu6))
  }
}
