public import ArgumentParser
public import MNV4Quantization

extension QuantizationOptions.WeightScales: ExpressibleByArgument {}
extension QuantizationOptions.Rounding: ExpressibleByArgument {}

/// How integers are chosen.
struct MethodArguments: ParsableArguments {
  enum CalibratorChoice: String, ExpressibleByArgument, CaseIterable {
    case minmax, percentile, entropy, mse
  }

  @Option(help: "How the range of each activation is chosen.")
  var calibrator = CalibratorChoice.mse

  @Option(
    help: "With --calibrator percentile: the share of the numbers up to each end that ranges keep.")
  var percentile = 99.99

  @Option(help: "Whether weights have a scale for each output channel, or one for all.")
  var weights = QuantizationOptions.WeightScales.perChannel

  @Option(
    help: """
      How weights are rounded: to the nearest, or each making up for the others' errors on the \
      calibration pictures (default: nearest per channel, second-order per tensor).
      """)
  var rounding: QuantizationOptions.Rounding?

  @Flag(help: "Scale channels between layers so that their weights have equal ranges.")
  var equalize = false

  @Flag(help: "Correct biases by what quantization shifts the mean of each channel by.")
  var correctBias = false

  @Option(
    help: ArgumentHelp(
      "Keep a layer, or all whose names start with this and a dot, in float32; may be repeated.",
      valueName: "layer"))
  var keepFloat: [String] = []

  func validate() throws {
    guard percentile > 50, percentile <= 100 else {
      throw ValidationError("--percentile: expected above 50 and at most 100, found \(percentile).")
    }
  }

  var options: QuantizationOptions {
    var options = QuantizationOptions()
    options.calibration =
      switch calibrator {
      case .minmax: .minmax
      case .percentile: .percentile(percentile)
      case .entropy: .entropy
      case .mse: .mse
      }
    options.weightScales = weights
    if let rounding { options.rounding = rounding }
    options.equalizes = equalize
    options.correctsBias = correctBias
    options.floatLayers = keepFloat
    return options
  }
}

/// Which pictures of the folder are taken.
struct SamplingArguments: ParsableArguments {
  @Option(help: "How many pictures to take at most, drawn from all.")
  var samples = 500

  @Option(help: "Of the draw of pictures, and of pixels for second-order rounding.")
  var seed: UInt64 = 1

  func validate() throws {
    guard samples >= 1 else {
      throw ValidationError("--samples: expected at least 1, found \(samples).")
    }
  }
}
