import Foundation

extension Histogram {
  /// The observed range clipped to the magnitude of least Kullback-Leibler divergence.
  ///
  /// For each magnitude, `P` is the distribution with what lies beyond put into its outermost bins,
  /// and `Q` the distribution that remains when the bins of one quantization level become
  /// indistinguishable: their elements spread evenly over those of them that are not empty. Zeros
  /// are left out, as they are exact on every grid; a ReLU's would otherwise outweigh the rest.
  func rangeOfLeastDivergence(within observed: ClosedRange<Float>) -> ClosedRange<Float> {
    let isOneSided = observed.lowerBound == 0 || observed.upperBound == 0
    let sideLevelCount = isOneSided ? 256 : 128
    guard let last = outermostSideBin, last >= sideLevelCount else { return observed }
    var best = last + 1
    var leastDivergence = Double.infinity
    // From the widest on, so that of equal ones the widest is kept.
    let step = max((last + 1 - sideLevelCount) / 256, 1)
    for sideBinCount in stride(from: last + 1, through: sideLevelCount, by: -step) {
      let divergence = divergence(clippingAfter: sideBinCount, levels: sideLevelCount)
      if divergence < leastDivergence { (best, leastDivergence) = (sideBinCount, divergence) }
    }
    let magnitude = Float(Double(best) * binWidth)
    return max(observed.lowerBound, -magnitude)...min(observed.upperBound, magnitude)
  }

  /// How far from zero the last occupied bin is: 0 for the two beside it.
  private var outermostSideBin: Int? {
    let right = counts.indices.last { counts[$0] > 0 }.map { $0 - Self.sideBinCount } ?? -1
    let left = counts.indices.first { counts[$0] > 0 }.map { Self.sideBinCount - 1 - $0 } ?? -1
    let last = max(left, right)
    return last >= 0 ? last : nil
  }

  /// D(P‖Q) in nats with `sideBinCount` bins kept on each side, in `levels` levels.
  private func divergence(clippingAfter sideBinCount: Int, levels: Int) -> Double {
    let sides = [1, -1].map { sign in
      side(sign, binCount: sideBinCount, levels: levels)
    }
    let reference = sides.reduce(0) { $0 + $1.reference.reduce(0, +) }
    let quantized = sides.reduce(0) { $0 + $1.quantized.reduce(0, +) }
    guard reference > 0, quantized > 0 else { return .infinity }
    var sum = 0.0
    for side in sides {
      for (p, q) in zip(side.reference, side.quantized) where p > 0 {
        // An end bin that only clipping fills has no counterpart: as if it held a tenth of one.
        sum += p / reference * log((p / reference) / (max(q, 0.1) / quantized))
      }
    }
    return sum
  }

  private struct Side {
    var reference: [Double]
    var quantized: [Double]
  }

  /// One side of zero, outwards.
  private func side(_ sign: Int, binCount: Int, levels: Int) -> Side {
    let outwards = (0..<Self.sideBinCount).map { offset in
      Double(counts[Self.sideBinCount + (sign > 0 ? offset : -1 - offset)])
    }
    var reference = Array(outwards[..<binCount])
    let beyond = outwards[binCount...].reduce(0, +)
    var quantized = [Double](repeating: 0, count: binCount)
    for level in 0..<levels {
      let bins = level * binCount / levels..<(level + 1) * binCount / levels
      let occupied = bins.filter { reference[$0] > 0 }
      guard !occupied.isEmpty else { continue }
      let share = occupied.reduce(0) { $0 + reference[$1] } / Double(occupied.count)
      for bin in occupied { quantized[bin] = share }
    }
    reference[binCount - 1] += beyond
    return Side(reference: reference, quantized: quantized)
  }
}
