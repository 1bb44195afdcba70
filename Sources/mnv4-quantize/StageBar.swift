import MNV4CommandSupport
import MNV4Quantization
import Synchronization

/// A progress bar for one stage after the other.
final class StageBar: Sendable {
  private let bar = Mutex<ProgressBar?>(nil)

  var progress: QuantizationProgress {
    QuantizationProgress(
      begin: { stage, total in
        self.finish()
        self.bar.withLock { $0 = ProgressBar(stage, total: total) }
      },
      advance: { self.bar.withLock { $0 }?.advance() })
  }

  /// Takes the bar away.
  func finish() {
    self.bar.withLock { bar in
      bar?.finish()
      bar = nil
    }
  }
}
