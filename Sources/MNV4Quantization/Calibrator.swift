/// How the range of an activation follows from what was observed of it.
///
/// Every range lies within the observed one, widened to hold zero: an output of a ReLU, say, has the
/// lower bound 0 because nothing below was seen.
package enum Calibrator: Hashable, Sendable {
  /// All that was seen.
  case minmax
  /// All but `(100 − p) %` of the elements at each end; `p` above 50, at most 100.
  case percentile(Double)
  /// The magnitude at which clipping costs the least information: the one whose quantized
  /// distribution has the least Kullback-Leibler divergence (Migacz, "8-bit inference with
  /// TensorRT", 2017).
  case entropy
  /// The range with the least mean squared difference between elements and their int8 values, each
  /// input's relative to the sum of the squares of its elements: so that one input with elements a
  /// thousand times as large as all others' counts as one.
  case mse

  /// The part of the observed range that the int8 values shall cover.
  package func range(of observer: Observer) -> ClosedRange<Float> {
    let observed = min(observer.range.lowerBound, 0)...max(observer.range.upperBound, 0)
    guard observed.lowerBound < observed.upperBound else { return observed }
    let chosen =
      switch self {
      case .minmax: observed
      case .percentile(let percentage):
        observer.histogram.range(keeping: percentage, within: observed)
      case .entropy: observer.histogram.rangeOfLeastDivergence(within: observed)
      case .mse: observer.energyWeights.rangeOfLeastError(within: observed)
      }
    return chosen
  }

  /// The grid that spans `range(of:)`.
  package func grid(of observer: Observer) -> Int8Grid {
    Int8Grid(spanning: range(of: observer))
  }
}

extension Histogram {
  /// Number of elements counted.
  var elementCount: Int { counts.reduce(zeroCount, +) }

  /// Counts with the zeros in the bin that starts at zero.
  var countsWithZeros: [Int] {
    var all = counts
    all[Self.sideBinCount] += zeroCount
    return all
  }

  /// From the first to the last of the elements that are left when `100 − percentage` per cent of
  /// them are taken away at each end, to a bin's width.
  func range(keeping percentage: Double, within observed: ClosedRange<Float>) -> ClosedRange<Float>
  {
    let kept = min(max(percentage, 50), 100) / 100
    let excess = Int((Double(elementCount) * (1 - kept)).rounded(.down))
    let all = countsWithZeros
    let low = start(ofBin: firstBin(after: excess, in: all.indices, of: all))
    let high = start(ofBin: firstBin(after: excess, in: all.indices.reversed(), of: all) + 1)
    let lower = max(Float(min(low, 0)), observed.lowerBound)
    return lower...min(Float(max(high, 0)), observed.upperBound)
  }

  /// The bin with the first element once `excess` of them are passed, walking along `order`.
  private func firstBin(after excess: Int, in order: some Sequence<Int>, of counts: [Int]) -> Int {
    var passed = 0
    for bin in order {
      passed += counts[bin]
      if passed > excess { return bin }
    }
    return Self.sideBinCount
  }
}
