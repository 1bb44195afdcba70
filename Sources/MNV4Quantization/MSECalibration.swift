extension EnergyWeights {
  /// Ends tried on each side: fractions of the observed end, in equal steps down to a fifth of it, and in
  /// equal ratios from there to where a single outlier of ten thousand times the rest is cut off.
  private static let fractions =
    (0...40).map { 1 - 0.02 * Double($0) } + (1...80).map { 0.2 * power(0.9, $0) }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// The range whose int8 grid has the least sum of the weighted squares of errors.
  ///
  /// Both ends are searched among the same fractions of the observed ones; then, three rounds, each among
  /// fractions of the observed one, with the other held.
  func rangeOfLeastError(within observed: ClosedRange<Float>) -> ClosedRange<Float> {
    let sides = sides
    var best = Self.least(
      of: Self.fractions.map {
        Float(Double(observed.lowerBound) * $0)...Float(Double(observed.upperBound) * $0)
      }, for: sides)
    for _ in 0..<3 {
      let start = best
      best = Self.least(
        of: Self.fractions.map {
          best.lowerBound...Float(Double(observed.upperBound) * $0)
        }, for: sides)
      best = Self.least(
        of: Self.fractions.map {
          Float(Double(observed.lowerBound) * $0)...best.upperBound
        }, for: sides)
      if best == start { break }
    }
    return best
  }

  /// The candidate with the least error; of equal ones the first.
  private static func least(
    of candidates: [ClosedRange<Float>], for sides: [EnergyWeightsSide]
  ) -> ClosedRange<Float> {
    var best = candidates[0]
    var leastError = Double.infinity
    for (index, candidate) in candidates.enumerated() {
      if index > 0 && candidate == candidates[index - 1] { continue }
      let error = squaredError(of: Int8Grid(spanning: candidate), for: sides)
      if error < leastError { (best, leastError) = (candidate, error) }
    }
    return best
  }

  private static func squaredError(of grid: Int8Grid, for sides: [EnergyWeightsSide]) -> Double {
    let scale = Double(grid.scale)
    let zeroPoint = Int(grid.zeroPoint)
    return sides[0].squaredError(scale: scale, stepCount: 127 - zeroPoint)
      + sides[1].squaredError(scale: scale, stepCount: zeroPoint + 128)
  }
}
