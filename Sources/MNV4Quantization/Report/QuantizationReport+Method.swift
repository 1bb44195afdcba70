import MNV4Core

extension QuantizationReport {
  /// How the integers were chosen.
  public struct Method: Hashable, Sendable {
    public var calibration: QuantizationOptions.Calibration
    public var weightScales: QuantizationOptions.WeightScales
    public var rounding: QuantizationOptions.Rounding
    public var equalizes: Bool
    public var correctsBias: Bool
    /// Layers that were to stay in float32: names, or the start of names up to a dot.
    public var floatLayers: [String]

    public init(_ options: QuantizationOptions) {
      calibration = options.calibration
      weightScales = options.weightScales
      rounding = options.rounding
      equalizes = options.equalizes
      correctsBias = options.correctsBias
      floatLayers = options.floatLayers
    }
  }
}

extension QuantizationReport.Method {
  /// The method for a person, a choice an entry.
  var settings: [(name: String, value: String)] {
    [
      ("ranges", calibration.name),
      ("weights", "int8, \(weightScales.rawValue), rounding \(rounding.rawValue)"),
      ("equalization", equalizes ? "yes" : "no"),
      ("bias correction", correctsBias ? "yes" : "no"),
      ("float by request", floatLayers.isEmpty ? "none" : floatLayers.joined(separator: ", ")),
    ]
  }
}
