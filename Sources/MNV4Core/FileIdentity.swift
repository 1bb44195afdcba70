#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which file or folder a path leads to, however it is written and whatever links are on the way.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// Nil where the path leads nowhere.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(truncatingIfNeeded: status.st_ino)
  }
}

/// Where a file is or would be made, however its path is written and whatever links are on the way.
package enum FilePlace: Hashable, Sendable {
  case file(FileIdentity)
  case new(folder: FileIdentity?, name: Substring)

  package init(_ path: String) {
    if let identity = FileIdentity(path) {
      self = .file(identity)
    } else {
      let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
      let folder = String(path[..<end])
      self = .new(folder: FileIdentity(folder.isEmpty ? "." : folder), name: path[end...])
    }
  }
}
