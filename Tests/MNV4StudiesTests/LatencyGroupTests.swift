import MNV4
import MNV4Core
import Testing

@testable import MNV4Studies

@Suite struct LatencyGroupTests {
  /// Times of the rounds of a machine with phases, `factor` times the reference's.
  private static func times(_ factor: Double, seed: UInt64) -> [Double] {
    var random = SplitMix64(state: seed)
    return (0..<60).map { round in
      (round / 10 % 2 == 0 ? 1.0 : 1.3) * factor * (1 + 0.004 * Double(random.nextFloat()))
    }
  }

  private static let reference = times(1, seed: 4)

  @Test(arguments: [
    (0.9, LatencyGroup.Verdict.faster, "10.0 % faster ["), (1.1, .slower, "10.0 % slower ["),
    (3.7, .slower, "3.70 times as long ["), (0.25, .faster, "0.25 times as long ["),
    (1, .noDifference, "no difference seen ("),
  ])
  func verdictsFollowTheIntervals(
    factor: Double, verdict: LatencyGroup.Verdict, text: String
  ) {
    let group = LatencyGroup(times: [Self.reference, Self.times(factor, seed: 5)], control: nil)
    #expect(group.verdict(0) == .reference)
    #expect(group.verdict(1) == verdict)
    #expect(group.difference(1).hasPrefix(text), "\(group.difference(1))")
    #expect(abs(group.ratios[1].value - factor) < 0.01 * factor)
  }

  /// A difference that two copies of one network have, too, is none.
  @Test func controlsKeepSmallDifferencesFromBeingSaid() {
    let other = Self.times(1.01, seed: 2)
    #expect(
      LatencyGroup(times: [Self.reference, other], control: Self.times(1, seed: 3)).verdict(1)
        == .slower)
    let group = LatencyGroup(
      times: [Self.reference, other], control: Self.times(0.98, seed: 3))
    #expect(group.verdict(1) == .withinControl)
    #expect(group.difference(1).contains("no more than between two copies"))
  }

  @Test func everyNetworkHasATimeInEveryRound() throws {
    let networks = try NetworkSource(StudyOptions(), data: nil, progress: .silent)
      .small(["mobilenetv2_035"])
    let models = [networks[0].float.model, networks[0].integer.model]
    let times = try LatencyComparison(options: SessionOptions(threads: 1), roundCount: 12)
      .times(of: models)
    #expect(times.count == 2)
    #expect(times.allSatisfy { $0.count == 12 && $0.allSatisfy { $0 > 0 && $0.isFinite } })
    let ten = try TenPictures.measure(
      models, options: SessionOptions(threads: 1), repetitionCount: 2)
    #expect(ten.count == 2 && ten.allSatisfy { $0.means.count == 2 })
    #expect(ten[0].measurements.allSatisfy { $0.count == TenPictures.pictureCount })
    #expect(ten[0].winCount(over: ten[1]) + ten[1].winCount(over: ten[0]) <= 2)
  }

  @Test(
    arguments: [
      ([1, 2, 3], [1, 2, 3], [0, 1, 2]), ([1, 2, 3], [3, 2, 1], [0]),
      ([3, 1, 2], [5, 4, 4], [1, 0]), ([1, 1], [2, 3], [1]), ([1, 1], [2, 2], [0]),
      ([.nan, 1], [9, 1], [1]), ([1, 2], [.nan, .nan], []),
    ] as [([Double], [Double], [Int])])
  func frontsHoldWhatNothingBeats(costs: [Double], gains: [Double], front: [Int]) {
    #expect(ParetoFront.indices(costs: costs, gains: gains) == front)
  }
}
