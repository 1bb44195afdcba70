import MNV4Core

/// Where numbers stand along an axis: 0 at its start, 1 at its end.
package struct AxisScale: Hashable, Sendable {
  /// A line across the chart; `label` is nil where there is no room for a number.
  package struct Tick: Hashable, Sendable {
    package let value: Double
    package let label: String?
  }

  private enum Kind: Hashable {
    case linear
    /// `sign(x) · log₁₀(1 + |x| / unit)`: straight around zero, logarithmic far from it.
    case symmetricLog(unit: Double)
  }

  package let lowest: Double
  package let highest: Double
  package let ticks: [Tick]
  private let kind: Kind

  /// 0 to a round number at or above the largest finite value; numbers beyond `limit` do not
  /// stretch the axis.
  package static func linear(_ values: some Sequence<Double>, limit: Double = .infinity)
    -> AxisScale
  {
    let largest = min(values.lazy.filter(\.isFinite).max() ?? 0, limit)
    guard largest > smallestLength, largest < largestLength else {
      return AxisScale(lowest: 0, highest: 1, ticks: [0, 1].map(Tick.init(number:)), kind: .linear)
    }
    let step = roundStep(largest / 5)
    let count = Int((largest / step).rounded(.up))
    let ticks = (0...count).map { Tick(number: Double($0) * step) }
    return AxisScale(lowest: 0, highest: Double(count) * step, ticks: ticks, kind: .linear)
  }

  /// From a round number at or below the smallest finite value to one at or above the largest;
  /// zero is included unless `includesZero` is false.
  package static func span(
    _ values: some Sequence<Double>, includesZero: Bool = true
  ) -> AxisScale {
    let finite = values.filter { $0.magnitude < largestLength } + (includesZero ? [0] : [])
    guard var low = finite.min(), var high = finite.max(), low != 0 || high != 0 else {
      return .linear([])
    }
    if high - low <= max(low.magnitude, high.magnitude) * 1e-9 {
      // One number: room on both sides.
      let room = max(low.magnitude * 0.1, smallestLength * 1e10)
      (low, high) = (low - room, high + room)
    }
    let step = roundStep((high - low) / 5)
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    guard first.magnitude < 1e12, last.magnitude < 1e12 else { return .linear([]) }
    let ticks = (Int(first)...Int(last)).map { Tick(number: Double($0) * step) }
    return AxisScale(
      lowest: first * step, highest: last * step, ticks: ticks, kind: .linear)
  }

  /// From the smallest to the largest finite value, zero included, straight up to a tenth of what is
  /// usual among the values: two to eight decades are apart, what is smaller is close to zero.
  package static func symmetricLog(_ values: some Sequence<Double>) -> AxisScale {
    let finite = values.filter(\.isFinite)
    var lowest = min(finite.min() ?? 0, 0)
    var highest = max(finite.max() ?? 0, 0)
    let largest = max(-lowest, highest)
    guard largest > smallestLength, largest < largestLength else {
      return AxisScale(
        lowest: -1, highest: 1, ticks: [-1, 0, 1].map(Tick.init(number:)), kind: .linear)
    }
    lowest *= 1.1
    highest *= 1.1
    let top = largest.decimalExponent
    let inner = innermostExponent(finite, top: top)
    var ticks = [Tick(number: 0)]
    for exponent in inner...top {
      let power = Double.powerOfTen(exponent)
      // The innermost pair stands too close to zero for numbers; many decades have room for half.
      let isLabelled = exponent > inner && (top - inner < 4 || (top - exponent) % 2 == 0)
      let label = isLabelled ? power.significantText(2) : nil
      if power <= highest { ticks.append(Tick(value: power, label: label)) }
      if -power >= lowest {
        ticks.insert(Tick(value: -power, label: label.map { "−\($0)" }), at: 0)
      }
    }
    let unit = Double.powerOfTen(inner)
    return AxisScale(
      lowest: lowest, highest: highest, ticks: ticks, kind: .symmetricLog(unit: unit))
  }

  /// A decade below the median magnitude of the values, two to eight below the largest.
  private static func innermostExponent(_ values: [Double], top: Int) -> Int {
    let magnitudes = values.map(\.magnitude).filter { $0 > smallestLength }.sorted()
    guard !magnitudes.isEmpty else { return top - 2 }
    let median = magnitudes[magnitudes.count / 2].decimalExponent
    return min(max(median - 1, top - 8), top - 2)
  }

  /// Where the value stands, from 0 to 1; values beyond the ends stand at them. Nil for NaN.
  package func fraction(_ value: Double) -> Double? {
    guard !value.isNaN else { return nil }
    let clamped = min(max(value, lowest), highest)
    return (transformed(clamped) - transformed(lowest))
      / (transformed(highest) - transformed(lowest))
  }

  private func transformed(_ value: Double) -> Double {
    switch kind {
    case .linear: value
    case .symmetricLog(let unit):
      (value < 0 ? -1 : 1) * decimalLogarithm(1 + value.magnitude / unit)
    }
  }

  /// Lengths that arithmetic on an axis neither loses nor overflows.
  private static let smallestLength = 1e-200
  private static let largestLength = 1e200

  /// The smallest of 1, 2, 5 times a power of ten at or above the number.
  private static func roundStep(_ number: Double) -> Double {
    let power = Double.powerOfTen(number.decimalExponent)
    return [1, 2, 5].map { $0 * power }.first { $0 >= number } ?? 10 * power
  }
}

extension AxisScale.Tick {
  fileprivate init(number: Double) {
    self.init(value: number, label: number.significantText(3).withMinusSign)
  }
}
