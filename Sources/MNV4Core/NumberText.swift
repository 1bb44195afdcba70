extension Double {
  /// The number with exactly `digits` decimals, rounded half away from zero: `3.0`.
  package func roundedText(_ digits: Int) -> String {
    guard isFinite, abs(self) < 1e15 else { return "\(self)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = (abs(self) * Double(scale)).rounded()
    guard scaled < 9e18 else { return "\(self)" }
    let value = Int(scaled)
    let sign = self < 0 && value > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(value)" }
    let fraction = String(value % scale)
    return "\(sign)\(value / scale)."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}

extension Int {
  /// The number with its thousands apart: `3,774,024`.
  package var groupedText: String {
    var text = String(magnitude)
    var index = text.count - 3
    while index > 0 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: index))
      index -= 3
    }
    return self < 0 ? "-\(text)" : text
  }

  /// A size in bytes as a person reads it: `9.4 MB` (10⁶ bytes).
  package var byteText: String {
    switch magnitude {
    case 0..<1_000: "\(self) B"
    case 1_000..<1_000_000: "\((Double(self) / 1e3).roundedText(1)) kB"
    case 1_000_000..<1_000_000_000: "\((Double(self) / 1e6).roundedText(1)) MB"
    default: "\((Double(self) / 1e9).roundedText(2)) GB"
    }
  }
}
