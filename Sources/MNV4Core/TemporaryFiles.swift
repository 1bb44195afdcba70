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
  private static let paths = Mutex<Set<String>>([])

  static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  static func remove(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Deletes them all. For a command that is about to end early.
  package static func deleteAll() {
    let all = paths.withLock { Array($0) }
    for path in all { unlink(path) }
  }
}
