import MNV4Core

extension Double {
  /// The number with about `digits` significant digits and no exponent where a person would write
  /// none: `0.00123`, `12.3`, `1234`, `4.1e-9`. `digits` is 1 to 15.
  package func significantText(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "NaN" : self < 0 ? "-∞" : "∞" }
    guard self != 0 else { return "0" }
    guard magnitude >= 1e-290 else { return "\(self)" }
    let exponent = decimalExponent
    guard (-5..<7).contains(exponent) else {
      let mantissa = self / .powerOfTen(exponent)
      return "\(mantissa.roundedText(max(0, digits - 1)))e\(exponent)"
    }
    let text = roundedText(max(0, digits - 1 - exponent))
    guard text.contains(".") else { return text }
    let significant = text.reversed().drop { $0 == "0" }
    return String((significant.first == "." ? significant.dropFirst() : significant).reversed())
  }

  /// The number with exactly `digits` decimals where that fits a column, in short form where it is too
  /// large for that or not finite.
  package func columnText(_ digits: Int) -> String {
    magnitude < 1e6 ? roundedText(digits) : significantText(3)
  }

  /// A share of 0 to 1 in per cent: `0%`, `<0.01%`, `3.14%`.
  package var percentText: String {
    guard isFinite else { return "NaN" }
    if self == 0 { return "0%" }
    return self > 0 && self < 5e-5 ? "<0.01%" : "\((100 * self).columnText(2))%"
  }

  /// The largest k with 10ᵏ ≤ |x|, for a finite number that is not zero.
  package var decimalExponent: Int {
    guard isFinite, self != 0 else { return 0 }
    var exponent = Int(decimalLogarithm(magnitude).rounded(.down))
    // The logarithm of a power of ten may fall just short of it.
    if Double.powerOfTen(exponent + 1) <= magnitude { exponent += 1 }
    if Double.powerOfTen(exponent) > magnitude { exponent -= 1 }
    return exponent
  }

  /// 10ᵏ, correctly rounded from k = -22 to 22 and close to it elsewhere.
  package static func powerOfTen(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<min(exponent.magnitude, 400) { power *= 10 }
    return exponent < 0 ? 1 / power : power
  }
}

extension String {
  /// The text of a number with a true minus sign, as pages show it.
  package var withMinusSign: String {
    hasPrefix("-") ? "−\(dropFirst())" : self
  }
}
