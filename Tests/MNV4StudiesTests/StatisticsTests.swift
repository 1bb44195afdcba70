import MNV4Core
import MNV4Studies
import Testing

@Suite struct StatisticsTests {
  /// About normal: the sum of twelve uniforms.
  private static func noise(_ random: inout SplitMix64) -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.nextFloat()) }
  }

  @Test(
    arguments: [
      ([3], 3), ([1, 2], 1.5), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([2, 2, 2, 9], 2),
    ] as [([Double], Double)])
  func medianIsInTheMiddle(values: [Double], expected: Double) {
    #expect(Statistics.median(values) == expected)
    let estimate = Statistics.median(of: values)
    #expect(estimate.value == expected)
    // Few values: all of their range.
    #expect(estimate.low == values.min() && estimate.high == values.max())
  }

  @Test func deviationIsThatOfASample() {
    #expect(Statistics.mean([2, 4, 4, 4, 5, 5, 7, 9]) == 5)
    #expect(abs(Statistics.standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]) - 2.13809) < 1e-5)
    #expect(Statistics.standardDeviation([7]) == 0)
  }

  @Test func sameValuesGiveTheSameInterval() {
    var random = SplitMix64(state: 3)
    let values = (0..<50).map { _ in Self.noise(&random) }
    let first = Statistics.median(of: values, blockLength: 5)
    #expect(first == Statistics.median(of: values, blockLength: 5))
    #expect(first != Statistics.median(of: values, blockLength: 5, seed: 2))
    #expect(first.low <= first.value && first.value <= first.high)
    #expect(values.contains(first.low) || values.count % 2 == 0)
  }

  /// In 95 of 100 repetitions the interval holds the true median.
  @Test(arguments: [1, 5]) func intervalsHoldTheTruth(blockLength: Int) {
    var random = SplitMix64(state: 7)
    let count = 120
    let held = (0..<count).count { _ in
      let values = (0..<51).map { _ in 10 + Self.noise(&random) }
      return Statistics.median(of: values, blockLength: blockLength, resampleCount: 200).covers(10)
    }
    #expect((0.87...0.99).contains(Double(held) / Double(count)), "\(held) of \(count)")
  }

  /// A machine with slow phases: blocks know that neighbours are alike.
  @Test func blocksWidenWhatNeighboursShare() {
    var random = SplitMix64(state: 11)
    let values = (0..<200).map { index in
      (index / 10 % 2 == 0 ? 10.0 : 13.0) + 0.01 * Self.noise(&random)
    }
    let single = Statistics.median(of: values, blockLength: 1)
    let blocks = Statistics.median(of: values, blockLength: 10)
    #expect(blocks.high - blocks.low >= single.high - single.low)
    #expect(blocks.high - blocks.low > 2)
  }

  /// Two networks in the same phases of a machine: the medians cannot tell them apart, the ratio can.
  @Test func ratiosAreThoseOfARound() {
    var random = SplitMix64(state: 13)
    let phases = (0..<100).map { _ in random.next() % 2 == 0 ? 10.0 : 13.0 }
    let slow = phases.map { $0 * (1 + 0.001 * Self.noise(&random)) }
    let fast = phases.map { 0.98 * $0 * (1 + 0.001 * Self.noise(&random)) }
    let ratio = Statistics.ratio(fast, to: slow)
    #expect(abs(ratio.value - 0.98) < 0.002)
    #expect(ratio.high < 0.99 && !ratio.covers(1) && ratio.covers(ratio.value))
    let (one, other) = (Statistics.median(of: slow), Statistics.median(of: fast))
    #expect(one.low < other.high && other.low < one.high)
  }

  /// Wilson's interval: Newcombe, "Two-sided confidence intervals for the single proportion", 1998,
  /// table I, method 3.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
  ])
  func shares(successes: Int, count: Int, low: Double, high: Double) {
    let share = Statistics.share(successes, of: count)
    #expect(share.value == Double(successes) / Double(count))
    #expect(abs(share.low - low) < 1e-4 && abs(share.high - high) < 1e-4, "\(share)")
  }

  @Test func differencesAreThoseOnTheSameTrials() {
    // 60 both, 10 the first alone, 4 the second alone, 26 neither.
    let first = (0..<100).map { $0 < 70 }
    let second = (0..<100).map { $0 < 60 || $0 >= 96 }
    let difference = Statistics.difference(first, second)
    #expect(abs(difference.value - 0.06) < 1e-12)
    // √(((10 + 4) − 36 / 100) / 99 / 100) · 1.96
    #expect(abs((difference.high - difference.value) - 0.07275) < 1e-4)
    #expect(difference.covers(0))
    let same = Statistics.difference(first, first)
    #expect(same == Estimate(0, 0, 0))
  }
}
