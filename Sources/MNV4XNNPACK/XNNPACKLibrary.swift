#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// The library's process-wide state. It is initialized once and never torn down.
  enum XNNPACKLibrary {
    private static let status = xnn_initialize(nil)

    static var isReady: Bool { status == xnn_status_success }
    static var statusName: String { name(of: status) }

    static func name(of status: xnn_status) -> String {
      switch status {
      case xnn_status_success: "success"
      case xnn_status_uninitialized: "uninitialized"
      case xnn_status_invalid_parameter: "invalid parameter"
      case xnn_status_invalid_state: "invalid state"
      case xnn_status_unsupported_parameter: "unsupported parameter"
      case xnn_status_unsupported_hardware: "unsupported hardware"
      case xnn_status_out_of_memory: "out of memory"
      default: "status \(status.rawValue)"
      }
    }
  }

  /// The threads that one session's operators share; none where one thread is asked for.
  final class XNNPACKThreads {
    let pool: pthreadpool_t?

    init(threadCount: Int) throws(BackendError) {
      guard threadCount > 1 else {
        pool = nil
        return
      }
      // pthreadpool waits forever for threads that the system refuses to start: ask it for as many
      // first, and end them again.
      do { _ = try ThreadPool(threadCount: threadCount) } catch { throw .thread(error) }
      guard let pool = pthreadpool_create(threadCount) else {
        throw .allocation(AllocationError(byteCount: threadCount * 1024))
      }
      self.pool = pool
    }

    deinit {
      if let pool { pthreadpool_destroy(pool) }
    }
  }
#endif
