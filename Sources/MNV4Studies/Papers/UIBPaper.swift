/// Figures of the study of universal inverted bottlenecks on CIFAR-10, a manuscript that says of itself
/// that a program wrote it: Table 1. It leaves the networks' widths, depths, strides and input size open.
enum UIBPaper {
  static let source = "the CIFAR-10 study of universal inverted bottlenecks, Table 1"

  struct Row {
    let title: String
    /// Of the zoo, without a width.
    let name: String
    /// Per cent of the test pictures.
    let accuracy: Double
    let trainingSeconds: Double?
    /// Whether the number is read off a figure and not in the table.
    var isFromFigure = false
  }

  static let rows = [
    Row(
      title: "MobileNetV3-Small (baseline)", name: "mobilenetv3_small", accuracy: 65.93,
      trainingSeconds: 224.63),
    Row(
      title: "MobileNetV4-Small", name: "mobilenetv4_conv_small", accuracy: 77.84,
      trainingSeconds: 233.25),
    Row(
      title: "MobileNetV4-Medium", name: "mobilenetv4_conv_medium", accuracy: 77.27,
      trainingSeconds: 232.22),
    Row(
      title: "MobileNetV4-Large", name: "mobilenetv4_conv_large", accuracy: 77.40,
      trainingSeconds: 234.47),
    Row(
      title: "MobileNetV4-Small (ExtraDW)", name: "mobilenetv4_conv_small_extradw",
      accuracy: 66.54, trainingSeconds: 255.60),
    Row(
      title: "MobileNetV4-Small (ConvNeXt-like)", name: "mobilenetv4_conv_small_convnext",
      accuracy: 76.64, trainingSeconds: nil, isFromFigure: true),
  ]

  /// Points of accuracy by which one network is ahead of another; nil where one is not in the table.
  static func difference(_ first: String, _ second: String) -> Double? {
    guard let first = rows.first(where: { $0.name == first }),
      let second = rows.first(where: { $0.name == second })
    else { return nil }
    return first.accuracy - second.accuracy
  }
}
