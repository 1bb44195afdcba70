internal import Synchronization

/// A progress bar for one stage after the other. May be used from any thread.
package final class StageBar: Sendable {
  private let bar = Mutex<ProgressBar?>(nil)

  package init() {}

  /// A stage of so many parts begins.
  package func begin(_ stage: String, _ total: Int) {
    finish()
    bar.withLock { $0 = ProgressBar(stage, total: total) }
  }

  /// One more part of the stage is done.
  package func advance() { bar.withLock { $0 }?.advance() }

  /// Takes the bar away.
  package func finish() {
    bar.withLock { bar in
      bar?.finish()
      bar = nil
    }
  }
}
