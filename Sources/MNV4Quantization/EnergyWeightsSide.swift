/// Weighted magnitudes of numbers of one sign, from the largest on, with running sums.
///
/// The sums begin at the largest so that what is added up for steps far from zero never has the weight
/// of numbers near zero in it, which can be greater by more than a `Double` tells apart.
struct EnergyWeightsSide: Sendable {
  private var magnitudes: [Double] = []
  /// Σ weight · magnitudeⁿ, n = 0, 1 and 2, of the first numbers: one more than there are magnitudes.
  private var sums: [(zeroth: Double, first: Double, second: Double)] = [(0, 0, 0)]

  /// `magnitude` is below the one before.
  mutating func append(magnitude: Double, weight: Double) {
    let last = sums[magnitudes.count]
    magnitudes.append(magnitude)
    sums.append(
      (
        last.zeroth + weight, last.first + weight * magnitude,
        last.second + weight * magnitude * magnitude
      ))
  }

  /// The weighted sum of the squares of what rounding to `0, scale … stepCount · scale` changes.
  func squaredError(scale: Double, stepCount: Int) -> Double {
    var error = 0.0
    var begin = 0
    for step in stride(from: stepCount, to: 0, by: -1) where begin < magnitudes.count {
      let end = firstIndex(below: (Double(step) - 0.5) * scale, from: begin)
      guard end > begin else { continue }
      let value = Double(step) * scale
      let (low, high) = (sums[begin], sums[end])
      error +=
        high.second - low.second - 2 * value * (high.first - low.first)
        + value * value * (high.zeroth - low.zeroth)
      begin = end
    }
    return error + sums[magnitudes.count].second - sums[begin].second
  }

  private func firstIndex(below bound: Double, from begin: Int) -> Int {
    var (low, high) = (begin, magnitudes.count)
    while low < high {
      let middle = (low + high) / 2
      if magnitudes[middle] < bound { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
