import CMicrokernels

/// What one thread of this processor multiplies and adds on registers alone: the limit that layers are
/// measured against.
package struct PeakRate: Sendable {
  /// The instruction, for instance `vpdpbusd zmm`.
  package let instruction: String
  /// Multiply-accumulates a nanosecond: the best of some runs, a hundredth of a second in all.
  package let rate: Double

  /// Of 8-bit integers, or else of float32; nil where no loop is made for the processor.
  package init?(integers: Bool) {
    let loops = entries { integers ? mnv4_q8_peak_at($0) : mnv4_f32_peak_at($0) }
    let loop = loops.first { InstructionSet(features: $0.features) != nil }
    guard let loop, let run = loop.run, let name = loop.name else { return nil }
    var best = 0.0
    for _ in 0..<20 {
      let start = ContinuousClock.now
      let count = run(20_000)
      best = max(best, Double(count) / ((ContinuousClock.now - start) / .nanoseconds(1)))
    }
    instruction = String(cString: name)
    rate = best
  }
}
