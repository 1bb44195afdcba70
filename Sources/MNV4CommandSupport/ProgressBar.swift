internal import Synchronization

/// How far a long task is and how long it may still take, on standard error.
///
/// Shown where that is a terminal, once the task has run for two seconds. May be advanced from any
/// thread.
package final class ProgressBar: Sendable {
  private struct State {
    var done = 0
    var lastShown: ContinuousClock.Instant?
  }

  private static let delay = Duration.seconds(2)
  private static let interval = Duration.milliseconds(100)

  private let title: String
  private let total: Int
  private let isEnabled = Diagnostics.isTerminal
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  package init(_ title: String, total: Int) {
    self.title = title
    self.total = total
  }

  /// Says that one more of the parts is done.
  package func advance() {
    state.withLock { state in
      state.done += 1
      guard isEnabled else { return }
      let now = ContinuousClock.now
      guard now - start >= Self.delay else { return }
      if let last = state.lastShown, now - last < Self.interval, state.done < total { return }
      state.lastShown = now
      Diagnostics.write("\r\u{1B}[K" + line(done: state.done, elapsed: now - start))
    }
  }

  /// Takes the bar away.
  package func finish() {
    state.withLock { state in
      if state.lastShown != nil { Diagnostics.write("\r\u{1B}[K") }
      state.lastShown = nil
    }
  }

  private func line(done: Int, elapsed: Duration) -> String {
    let seconds = elapsed / .seconds(1)
    let left = seconds / Double(done) * Double(total - done)
    let text = "\(title) \(done)/\(total), \(Self.time(left)) left "
    let width = min(max(Diagnostics.terminalWidth - text.count - 3, 0), 40)
    guard width >= 5 else { return text }
    let filled = width * done / max(total, 1)
    return text + "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: width - filled) + "]"
  }

  /// `1:05` for 65 seconds.
  static func time(_ seconds: Double) -> String {
    let whole = seconds > 0 ? Int(min(seconds.rounded(), 359_999)) : 0
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let padded = rest < 10 ? "0\(rest)" : "\(rest)"
    guard hours > 0 else { return "\(minutes):\(padded)" }
    return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(padded)"
  }
}
