import MNV4Core

/// A number with the interval that holds it in 95 of 100 repetitions.
package struct Estimate: Hashable, Sendable {
  package var value: Double
  package var low: Double
  package var high: Double

  package init(_ value: Double, _ low: Double, _ high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// Whether the interval holds the number.
  package func covers(_ number: Double) -> Bool { low <= number && number <= high }

  package var negated: Estimate { Estimate(-value, -high, -low) }
}

/// What repeated measurements say.
package enum Statistics {
  /// The number in the middle of the values, the mean of the two in the middle where there is an even
  /// number of them. `values` must not be empty.
  package static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// `values` must not be empty.
  package static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// Of a sample: with one less than the number of values in the denominator. Zero for one value.
  package static func standardDeviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The median and the middle 95 % of the medians of `resampleCount` resamples.
  ///
  /// Resamples are made of blocks of values that follow each other, around the end of the series (the
  /// circular block bootstrap of Politis and Romano, 1992): a machine that is slow for a while gives
  /// neighbours that are alike, and resamples of single values would take them for independent. Blocks
  /// are as long as asked for, but at most a tenth of the series. The same values give the same
  /// interval. Below six values it is all of their range, which is what the order statistics of the
  /// median allow.
  package static func median(
    of values: [Double], blockLength: Int = 1, resampleCount: Int = 2000, seed: UInt64 = 1
  ) -> Estimate {
    let value = median(values)
    let sorted = values.sorted()
    guard values.count >= 6 else { return Estimate(value, sorted[0], sorted[sorted.count - 1]) }
    // Resamples count how often each value occurs, in the order of size.
    let order = values.indices.sorted { values[$0] < values[$1] }
    var rank = [Int](repeating: 0, count: values.count)
    for (place, index) in order.enumerated() { rank[index] = place }
    let blockLength = max(1, min(blockLength, values.count / 10))
    var random = SplitMix64(state: seed)
    var medians: [Double] = []
    medians.reserveCapacity(resampleCount)
    var counts = [Int](repeating: 0, count: values.count)
    for _ in 0..<resampleCount {
      for place in counts.indices { counts[place] = 0 }
      var drawn = 0
      while drawn < values.count {
        let start = Int(random.next() % UInt64(values.count))
        let length = min(blockLength, values.count - drawn)
        for step in 0..<length { counts[rank[(start + step) % values.count]] += 1 }
        drawn += length
      }
      medians.append(median(ofCounts: counts, sorted))
    }
    medians.sort()
    let tail = Int((0.025 * Double(resampleCount)).rounded(.down))
    return Estimate(value, medians[tail], medians[resampleCount - 1 - tail])
  }

  /// How many times as long as the other each round of a measurement took: the median of the
  /// quotients round by round, so that what slowed a whole round is in both.
  package static func ratio(
    _ values: [Double], to reference: [Double], blockLength: Int = 1
  ) -> Estimate {
    median(of: zip(values, reference).map { $0 / $1 }, blockLength: blockLength)
  }

  /// The median of values that occur so often.
  private static func median(ofCounts counts: [Int], _ sorted: [Double]) -> Double {
    let total = sorted.count
    func value(at position: Int) -> Double {
      var passed = 0
      for (place, count) in counts.enumerated() {
        passed += count
        if passed > position { return sorted[place] }
      }
      return sorted[total - 1]
    }
    return total % 2 == 1
      ? value(at: total / 2) : (value(at: total / 2 - 1) + value(at: total / 2)) / 2
  }

  // MARK: Shares

  /// The share of `count` trials that succeeded, with Wilson's interval (1927). `count` is at least 1.
  package static func share(_ successes: Int, of count: Int) -> Estimate {
    let (n, z) = (Double(count), 1.959964)
    let share = Double(successes) / n
    let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(share, max(0, min(centre - half, share)), min(1, max(centre + half, share)))
  }

  /// The mean of independent numbers, with the interval of the normal approximation. `values` must not
  /// be empty.
  package static func mean(of values: [Double]) -> Estimate {
    let value = mean(values)
    let half = 1.959964 * standardDeviation(values) / Double(values.count).squareRoot()
    return Estimate(value, value - half, value + half)
  }

  /// By how much the share of successes of the first exceeds that of the second on the same trials,
  /// with the interval that follows from the trials on which they differ (normal approximation).
  /// Both have the same number of entries, at least one.
  package static func difference(_ first: [Bool], _ second: [Bool]) -> Estimate {
    mean(of: zip(first, second).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) })
  }
}
