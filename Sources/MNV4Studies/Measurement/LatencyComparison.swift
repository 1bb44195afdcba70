package import MNV4
import MNV4Core
import MNV4Format

/// How long networks take for one inference, measured so that they can be compared on a machine whose
/// speed changes.
///
/// The networks take turns: in each round every one of them once, in an order that is drawn anew. A turn
/// is one inference that is not timed, which brings the network's weights back into the caches, and
/// then as many as last two milliseconds together, at most 32; the time of the turn is their mean (see
/// `Turn`).
/// Plans and sessions are made anew every ten rounds, so that where weights and activations happened to
/// lie is part of what varies.
package struct LatencyComparison: Sendable {
  package let options: SessionOptions
  package let roundCount: Int
  private let seed: UInt64

  private static let warmUpCount = 2
  /// Rounds with the same plans and sessions: neighbours that are alike.
  package static let roundsAPlan = 10
  private static let turnMilliseconds = 2.0
  private static let inferencesATurn = 1...32

  /// `roundCount` is at least 1.
  package init(options: SessionOptions, roundCount: Int, seed: UInt64 = 1) {
    self.options = options
    self.roundCount = roundCount
    self.seed = seed
  }

  /// Milliseconds of an inference, for each model in each round.
  package func times(
    of models: [Model], advance: () -> Void = {}
  ) throws(MNV4Error) -> [[Double]] {
    var inputs: [Tensor] = []
    for model in models { inputs.append(try Tensor.seeded(shape: model.inputShape)) }
    var times = models.map { _ in [Double]() }
    var turns: [Int: Turn] = [:]
    var counts: [Int: Int] = [:]
    var random = SplitMix64(state: seed)
    for round in 0..<roundCount {
      if round % Self.roundsAPlan == 0 {
        // In an order drawn anew, too: what is made first gets other memory than what is made last.
        turns = [:]
        for index in models.indices.shuffled(using: &random) {
          let session = try Model(models[index].file).makeSession(options)
          for _ in 0..<Self.warmUpCount { _ = try session.run(inputs[index]) }
          let count: Int
          if let known = counts[index] {
            count = known
          } else {
            let single = Turn(session, inputs[index], inferenceCount: 1)
            count = Self.inferenceCount(milliseconds: try single.milliseconds())
            counts[index] = count
          }
          turns[index] = Turn(session, inputs[index], inferenceCount: count)
        }
      }
      for index in models.indices.shuffled(using: &random) {
        guard let turn = turns[index] else { continue }
        try turn.warmUp()
        times[index].append(try turn.milliseconds())
        advance()
      }
    }
    return times
  }

  private static func inferenceCount(milliseconds: Double) -> Int {
    guard milliseconds > turnMilliseconds / Double(inferencesATurn.upperBound) else {
      return inferencesATurn.upperBound
    }
    return max(Int((turnMilliseconds / milliseconds).rounded(.up)), inferencesATurn.lowerBound)
  }
}
