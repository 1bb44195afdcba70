extension QuantizationOptions.Calibration {
  var calibrator: Calibrator {
    switch self {
    case .minmax: .minmax
    case .percentile(let percentage): .percentile(percentage)
    case .entropy: .entropy
    case .mse: .mse
    }
  }

  /// As the command's option takes it.
  var name: String {
    switch self {
    case .minmax: "minmax"
    case .percentile(let percentage): "percentile \(percentage)"
    case .entropy: "entropy"
    case .mse: "mse"
    }
  }
}

extension QuantizationOptions {
  func settings(inputCount: Int) -> [QuantizationReport.Setting] {
    [
      .init(name: "calibration", value: "\(calibration.name) on \(inputCount) inputs"),
      .init(
        name: "weights", value: "int8, \(weightScales.rawValue), rounding \(rounding.rawValue)"),
      .init(name: "equalization", value: equalizes ? "yes" : "no"),
      .init(name: "bias correction", value: correctsBias ? "yes" : "no"),
      .init(
        name: "kept in float",
        value: floatLayers.isEmpty ? "none" : floatLayers.joined(separator: ", ")
      ),
    ]
  }

  func summary(inputCount: Int) -> String {
    settings(inputCount: inputCount).map { "\($0.name): \($0.value)" }.joined(separator: "; ")
  }
}
