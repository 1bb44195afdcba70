import MNV4

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// One network's turn of a comparison: inferences one after the other.
struct Turn {
  private let session: Session
  private let input: Tensor
  let inferenceCount: Int

  /// How often a turn is taken again where the system gave the processor to others meanwhile.
  private static let attemptCount = 6
  /// What clocks and system calls may differ by.
  private static let toleratedMicroseconds = 20.0
  private static let toleratedShare = 0.01

  init(_ session: Session, _ input: Tensor, inferenceCount: Int) {
    self.session = session
    self.input = input
    self.inferenceCount = inferenceCount
  }

  /// One inference that nobody times.
  func warmUp() throws(MNV4Error) { _ = try session.run(input) }

  /// Milliseconds of an inference: the mean of the turn's.
  ///
  /// On one thread, a turn during which the thread did not have its processor all the time is taken
  /// again, up to five times, and the shortest counts. The machine's own changes of speed stay in it.
  func milliseconds() throws(MNV4Error) -> Double {
    var best = Double.infinity
    for _ in 0..<Self.attemptCount {
      let (start, processorStart) = (ContinuousClock.now, Self.processorTime())
      for _ in 0..<inferenceCount { _ = try session.run(input) }
      let elapsed = (ContinuousClock.now - start) / .microseconds(1)
      let busy = Self.processorTime() - processorStart
      best = min(best, elapsed / 1000 / Double(inferenceCount))
      let allowed = max(Self.toleratedMicroseconds, Self.toleratedShare * elapsed)
      guard session.threadCount == 1, elapsed - busy > allowed else { break }
    }
    return best
  }

  /// Microseconds that this thread has run.
  private static func processorTime() -> Double {
    var time = timespec()
    guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }
}
