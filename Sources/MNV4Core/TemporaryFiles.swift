internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The temporary files that this process is writing, so that an interrupted command leaves none.
package enum TemporaryFiles {
  private struct State {
    var paths: Set<String> = []
    /// Whether the command is about to end: nothing is created any more.
    var isEnding = false
  }

  private static let state = Mutex(State())

  /// Creates a file with `open` and takes note of it, both before or both after `deleteAll`.
  ///
  /// - Returns: what `open` returns, a descriptor or −1; −1 with `EINTR` once the command is ending.
  static func create(_ path: String, _ open: () -> Int32) -> Int32 {
    state.withLock { state in
      guard !state.isEnding else {
        errno = EINTR
        return -1
      }
      let descriptor = open()
      if descriptor >= 0 { state.paths.insert(path) }
      return descriptor
    }
  }

  static func remove(_ path: String) { state.withLock { _ = $0.paths.remove(path) } }

  /// Deletes them all, and none comes after them. For a command that is about to end early.
  package static func deleteAll() {
    state.withLock { state in
      state.isEnding = true
      for path in state.paths { unlink(path) }
    }
  }
}
