extension Histogram {
  /// Ends tried on each side: fractions of the observed end, from all of it to a fifth.
  private static let fractions = (0...40).map { 1 - 0.02 * Double($0) }

  /// The range whose int8 grid has the least squared error over the counts.
  ///
  /// A descent on the two ends in turn, three rounds: each end is searched among fractions of the
  /// observed one, with the other held.
  func rangeOfLeastError(within observed: ClosedRange<Float>) -> ClosedRange<Float> {
    // Zeros are exact on every grid.
    let occupied = counts.indices.filter { counts[$0] > 0 }.map { bin in
      WeightedPoint(value: center(ofBin: bin), weight: Double(counts[bin]))
    }
    var best = observed
    for _ in 0..<3 {
      let start = best
      best = Self.least(
        of: Self.fractions.map {
          best.lowerBound...Float(Double(observed.upperBound) * $0)
        }, for: occupied)
      best = Self.least(
        of: Self.fractions.map {
          Float(Double(observed.lowerBound) * $0)...best.upperBound
        }, for: occupied)
      if best == start { break }
    }
    return best
  }

  /// The candidate with the least error; of equal ones the first.
  private static func least(
    of candidates: [ClosedRange<Float>], for points: [WeightedPoint]
  ) -> ClosedRange<Float> {
    var best = candidates[0]
    var leastError = Double.infinity
    for (index, candidate) in candidates.enumerated() {
      if index > 0 && candidate == candidates[index - 1] { continue }
      let error = squaredError(of: Int8Grid(spanning: candidate), for: points)
      if error < leastError { (best, leastError) = (candidate, error) }
    }
    return best
  }

  private static func squaredError(of grid: Int8Grid, for points: [WeightedPoint]) -> Double {
    let scale = Double(grid.scale)
    let inverse = 1 / scale
    let low = Double(-128 - grid.zeroPoint)
    let high = Double(127 - grid.zeroPoint)
    var sum = 0.0
    for point in points {
      let steps = min(max((point.value * inverse).rounded(.toNearestOrEven), low), high)
      let error = steps * scale - point.value
      sum += point.weight * error * error
    }
    return sum
  }
}

private struct WeightedPoint {
  var value: Double
  var weight: Double
}
