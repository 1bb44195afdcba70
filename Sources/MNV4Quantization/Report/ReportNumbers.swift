import MNV4Charts
import MNV4Core

extension QuantizationReport {
  /// The name of the network, or that it has none.
  var title: String { network.isEmpty ? "unnamed network" : network }

  /// How many times larger the first is; nil where that says nothing.
  static func ratio(_ first: Double, _ second: Double) -> Double? {
    guard first > 0, second > 0 else { return nil }
    let ratio = first / second
    return ratio.isFinite && ratio > 0 ? ratio : nil
  }

  var sizeRatio: Double? { Self.ratio(Double(floatByteCount), Double(integerByteCount)) }

  /// Layers of a reading, in the order of the network.
  func layers(_ reading: Reading) -> [Layer] { layers.filter { $0.reading == reading } }

  /// Where in `layers` those stand that read as broken, then those that read as suspect, those with the
  /// worst effect on the network's output first.
  var layersToActOn: [Int] {
    [Reading.broken, .suspect].flatMap { reading in
      layers.indices.filter { layers[$0].reading == reading }
        .sorted { layers[$0].effectOrder < layers[$1].effectOrder }
    }
  }

  /// What the output of the whole network says. The errors of all layers are in it, so that it is noisier
  /// than any layer's effect and has thresholds of its own: networks that keep their accuracy stand at
  /// 20 to 30 dB.
  var outputReading: Reading {
    switch outputDecibels {
    case nil: .fine
    case .some(let decibels) where decibels < Self.brokenOutputDecibels || decibels.isNaN: .broken
    case .some(let decibels) where decibels < Self.suspectOutputDecibels: .suspect
    case .some: .fine
    }
  }

  /// Noise of a thirtieth of the output's power: classes that were close change places.
  static let suspectOutputDecibels = 15.0
  /// Noise of a tenth of it: other classes win.
  static let brokenOutputDecibels = 10.0

  /// How a reading of the output is put into words: `broken: below 10 dB`; nil where it is fine.
  var outputReadingText: String? {
    switch outputReading {
    case .fine, .float: nil
    case .suspect: "suspect: below \(Self.suspectOutputDecibels.roundedText(0)) dB"
    case .broken: "broken: below \(Self.brokenOutputDecibels.roundedText(0)) dB"
    }
  }

  /// `64 fine, 2 suspect, 1 broken`; readings without a layer are left out.
  var readingText: String {
    let counts = Reading.allReadings.map { ($0, layers($0).count) }.filter { $0.1 > 0 }
    let texts = counts.map { "\($0.1.groupedText) \($0.0.rawValue)" }
    return texts.isEmpty ? "none" : texts.joined(separator: ", ")
  }

  /// `3.85× smaller`, `1.20× larger`; nil without a ratio.
  static func ratioText(_ ratio: Double?, above: String, below: String) -> String? {
    guard let ratio else { return nil }
    if ratio.roundedText(2) == "1.00" { return "the same" }
    return ratio > 1
      ? "\(ratio.roundedText(2))× \(above)" : "\((1 / ratio).roundedText(2))× \(below)"
  }

  var sizeRatioText: String? {
    Self.ratioText(sizeRatio, above: "smaller", below: "larger")
  }

  var latencyRatioText: String? {
    latency.flatMap {
      Self.ratioText(Self.ratio($0.float, $0.integer), above: "faster", below: "slower")
    }
  }
}

extension QuantizationReport.Reading {
  static let allReadings: [Self] = [.fine, .suspect, .broken, .float]

  /// `below 15 dB`, for `suspect` and `broken`.
  static let brokenText = "below \(brokenDecibels.roundedText(0)) dB"
  static let suspectText = "below \(suspectDecibels.roundedText(0)) dB"

  var tone: Tone {
    switch self {
    case .fine: .plain
    case .suspect: .caution
    case .broken: .severe
    case .float: .muted
    }
  }
}

extension QuantizationReport.Layer {
  /// The effect as something to sort by: NaN is the worst, what is unknown the best.
  fileprivate var effectOrder: Double {
    guard let effectDecibels else { return .infinity }
    return effectDecibels.isNaN ? -.infinity : effectDecibels
  }

  /// The numbers that round to an integer from -128 to 127 with the layer's scale and zero point, half
  /// a step beyond the outermost ones included; nil in float.
  var reach: RangeChart.Stretch? {
    guard !isFloat, let scale, let zeroPoint else { return nil }
    return RangeChart.Stretch(
      lowest: (-128.5 - Double(zeroPoint)) * Double(scale),
      highest: (127.5 - Double(zeroPoint)) * Double(scale))
  }

  var observed: RangeChart.Stretch {
    RangeChart.Stretch(lowest: Double(lowest), highest: Double(highest))
  }
}

extension QuantizationReport.Accuracy {
  /// The share of the pictures, 0 to 1; nil without pictures.
  func share(_ count: Int) -> Double? {
    pictureCount > 0 ? Double(count) / Double(pictureCount) : nil
  }

  /// Of `share`, as `88.41%`.
  func shareText(_ count: Int) -> String {
    share(count).map { "\((100 * $0).roundedText(2))%" } ?? "–"
  }

  /// How much the integers gain or lose: `-0.29 points`.
  var differenceText: String {
    guard let float = share(floatCorrect), let integer = share(integerCorrect) else { return "–" }
    let points = 100 * (integer - float)
    return "\(points > 0 ? "+" : "")\(points.roundedText(2)) points"
  }
}

extension Double? {
  /// Signal to noise for a person: `31.4`, `exact` where nothing differs, `–` where nothing is
  /// known.
  var decibelText: String {
    switch self {
    case nil: "–"
    case .some(let decibels) where decibels.isNaN: "NaN"
    case .some(.infinity): "exact"
    case .some(-.infinity): "-∞"
    case .some(let decibels): decibels.columnText(1)
    }
  }

  /// `decibelText` with its unit: `31.4 dB`.
  var noiseText: String {
    self?.isFinite == true ? "\(decibelText) dB" : decibelText
  }

  func text(_ digits: Int) -> String { map { $0.columnText(digits) } ?? "–" }
}
