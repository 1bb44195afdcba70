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
  /// For a file's provenance.
  ///
  /// - Parameter keptLayers: those that stayed in float32 to keep accuracy.
  func summary(inputCount: Int, keptLayers: [String] = []) -> String {
    var settings = QuantizationReport.Method(self).settings.map { "\($0.name): \($0.value)" }
    if !keptLayers.isEmpty {
      settings.append("float to keep accuracy: \(keptLayers.joined(separator: ", "))")
    }
    return "\(inputCount) inputs; \(settings.joined(separator: "; "))"
  }
}
