/// How long each step took, over one or more runs.
package struct Profile: Sendable {
  /// One step of the last run, from the start of that run.
  package struct Span: Hashable, Sendable {
    package var start: Duration
    package var duration: Duration
  }

  package private(set) var runCount = 0
  /// Time of each step over all runs.
  package private(set) var totals: [Duration] = []
  /// The shortest time of each step.
  package private(set) var shortest: [Duration] = []
  package private(set) var lastRun: [Span] = []
  private var runStart = ContinuousClock.now
  private var stepStart = ContinuousClock.now

  package init() {}

  mutating func beginRun(stepCount: Int) {
    if totals.count != stepCount {
      totals = [Duration](repeating: .zero, count: stepCount)
      shortest = [Duration](repeating: .seconds(Int64.max), count: stepCount)
      lastRun = [Span](repeating: Span(start: .zero, duration: .zero), count: stepCount)
      runCount = 0
    }
    runCount += 1
    runStart = .now
    stepStart = runStart
  }

  mutating func endStep(_ index: Int) {
    let now = ContinuousClock.now
    let duration = now - stepStart
    totals[index] += duration
    shortest[index] = min(shortest[index], duration)
    lastRun[index] = Span(start: stepStart - runStart, duration: duration)
    stepStart = now
  }
}
