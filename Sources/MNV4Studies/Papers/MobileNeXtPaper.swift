/// Figures of "Rethinking Bottleneck Structure for Efficient Mobile Network Design" (Zhou et al., 2020,
/// arXiv 2007.02269), as printed, on ImageNet.
enum MobileNeXtPaper {
  static let source = "Zhou et al., 2020, arXiv 2007.02269"

  /// A row of Table 3, widths at 224 × 224: one of each family.
  struct Width {
    let width: String
    /// Zoo names.
    let mobileNetV2: String
    let mobileNeXt: String
    /// Millions of parameters, millions of multiply-accumulates, per cent.
    let mobileNetV2Figures: Figures
    let mobileNeXtFigures: Figures
  }

  struct Figures {
    let megaparameters: Double
    let megaMACs: Double
    let top1: Double
  }

  /// The multiply-accumulates that the table prints for MobileNetV2 at 0.75 (150 M) and at 1.4 (690 M, and
  /// 6.9 M parameters) are not those of the networks at this size.
  static let table3 = [
    Width(
      width: "1.4", mobileNetV2: "mobilenetv2_140", mobileNeXt: "mobilenext_140",
      mobileNetV2Figures: .init(megaparameters: 6.9, megaMACs: 690, top1: 74.9),
      mobileNeXtFigures: .init(megaparameters: 6.1, megaMACs: 590, top1: 76.1)),
    Width(
      width: "1.0", mobileNetV2: "mobilenetv2_100", mobileNeXt: "mobilenext_100",
      mobileNetV2Figures: .init(megaparameters: 3.5, megaMACs: 300, top1: 72.3),
      mobileNeXtFigures: .init(megaparameters: 3.4, megaMACs: 300, top1: 74.02)),
    Width(
      width: "0.75", mobileNetV2: "mobilenetv2_075", mobileNeXt: "mobilenext_075",
      mobileNetV2Figures: .init(megaparameters: 2.6, megaMACs: 150, top1: 69.9),
      mobileNeXtFigures: .init(megaparameters: 2.5, megaMACs: 210, top1: 72.0)),
    Width(
      width: "0.5", mobileNetV2: "mobilenetv2_050", mobileNeXt: "mobilenext_050",
      mobileNetV2Figures: .init(megaparameters: 2.0, megaMACs: 97, top1: 65.4),
      mobileNeXtFigures: .init(megaparameters: 2.1, megaMACs: 110, top1: 67.7)),
    Width(
      width: "0.35", mobileNetV2: "mobilenetv2_035", mobileNeXt: "mobilenext_035",
      mobileNetV2Figures: .init(megaparameters: 1.7, megaMACs: 59, top1: 60.3),
      mobileNeXtFigures: .init(megaparameters: 1.8, megaMACs: 80, top1: 64.7)),
  ]

  /// Milliseconds in TensorFlow Lite on a Pixel 4XL, width 1.0, as the text states them.
  static let mobileNetV2Milliseconds = 68.0
  static let mobileNeXtMilliseconds = 66.0

  /// A row of Table 4: per cent in float32 and after post-training quantization to 8-bit weights and
  /// activations, calibrated as in TensorRT (Migacz, 2017), width 1.0.
  struct Quantized {
    let network: String
    let float: Double
    let integer: Double

    var loss: Double { float - integer }
  }

  static let table4 = (
    mobileNetV2: Quantized(network: "mobilenetv2_100", float: 72.25, integer: 65.07),
    mobileNeXt: Quantized(network: "mobilenext_100", float: 74.02, integer: 68.62)
  )

  /// A row of Table 5: more depthwise convolutions, width 1.0.
  struct Depthwise {
    let name: String
    let title: String
    let figures: Figures
  }

  static let table5 = [
    Depthwise(
      name: "mobilenetv2_100", title: "MobileNetV2",
      figures: .init(megaparameters: 3.5, megaMACs: 300, top1: 72.3)),
    Depthwise(
      name: "mobilenetv2_100_extradw", title: "MobileNetV2 + 1 depthwise",
      figures: .init(megaparameters: 3.6, megaMACs: 340, top1: 73.02)),
    Depthwise(
      name: "mobilenext_100", title: "MobileNeXt",
      figures: .init(megaparameters: 3.5, megaMACs: 300, top1: 74.02)),
  ]

  /// A row of Table 7: the part α of the channels that the identity is added to, width 1.0, times on a
  /// Pixel 4XL in PyTorch, a mean of ten pictures.
  struct Identity {
    let multiplier: String
    /// Of the zoo, after a width.
    let suffix: String
    let top1: Double
    let milliseconds: Double
  }

  static let table7 = [
    Identity(multiplier: "1", suffix: "", top1: 74.02, milliseconds: 211),
    Identity(multiplier: "1/2", suffix: "_id050", top1: 74.09, milliseconds: 196),
    Identity(multiplier: "1/3", suffix: "_id033", top1: 73.91, milliseconds: 195),
    Identity(multiplier: "1/6", suffix: "_id017", top1: 73.68, milliseconds: 188),
  ]
}
