package import MNV4Quantization

/// A way to quantize a network, in the terms of `mnv4-quantize`.
package struct QuantizationChoice: Hashable, Sendable {
  package var scales: QuantizationOptions.WeightScales
  package var calibration: QuantizationOptions.Calibration
  package var rounding = QuantizationOptions.Rounding.nearest
  package var equalizes = false
  package var correctsBias = false

  private static let calibrations: [QuantizationOptions.Calibration] = [
    .minmax, .percentile(99.99), .entropy, .mse,
  ]

  /// Every calibrator with a scale a tensor and a scale a channel, with and without equalization and
  /// bias correction, to nearest; and what `mnv4-quantize` does with a scale a tensor if it is told
  /// nothing else.
  package static let all: [QuantizationChoice] =
    grid(calibrations) + [
      QuantizationChoice(scales: .perTensor, calibration: .mse, rounding: .secondOrder)
    ]

  /// The corners of the grid.
  package static let few: [QuantizationChoice] = grid([.entropy]).filter {
    $0.equalizes == $0.correctsBias
  }

  private static func grid(
    _ calibrations: [QuantizationOptions.Calibration]
  ) -> [QuantizationChoice] {
    var grid: [QuantizationChoice] = []
    for scales in [QuantizationOptions.WeightScales.perTensor, .perChannel] {
      for calibration in calibrations {
        for (equalizes, correctsBias) in [
          (false, false), (true, false), (false, true), (true, true),
        ] {
          grid.append(
            QuantizationChoice(
              scales: scales, calibration: calibration, equalizes: equalizes,
              correctsBias: correctsBias))
        }
      }
    }
    return grid
  }

  var options: QuantizationOptions {
    var options = QuantizationOptions()
    options.weightScales = scales
    options.calibration = calibration
    options.rounding = rounding
    options.equalizes = equalizes
    options.correctsBias = correctsBias
    return options
  }

  var scalesName: String { scales == .perTensor ? "a tensor" : "a channel" }

  var calibrationName: String {
    switch calibration {
    case .minmax: "minmax"
    case .percentile(let percentage): "percentile \(percentage)"
    case .entropy: "entropy"
    case .mse: "mse"
    }
  }

  var treatmentName: String {
    var names = [equalizes ? "equalized" : nil, correctsBias ? "bias corrected" : nil]
    names.append(rounding == .secondOrder ? "second-order rounding" : nil)
    let given = names.compactMap(\.self)
    return given.isEmpty ? "plain" : given.joined(separator: ", ")
  }

  /// `a scale a tensor, entropy, plain`
  var name: String { "a scale \(scalesName), \(calibrationName), \(treatmentName)" }
}
