#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why a file could not be read or written. The path is the caller's to add.
package enum FileError: Error, Hashable, CustomStringConvertible {
  case system(operation: String, code: Int32)
  case notARegularFile
  case tooLarge(byteCount: Int, limit: Int)
  case changedWhileReading
  case allocation(AllocationError)

  package var description: String {
    switch self {
    case .system(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
    case .notARegularFile: "expected a regular file"
    case .tooLarge(let byteCount, let limit):
      "expected at most \(limit) bytes, found \(byteCount)"
    case .changedWhileReading: "the file changed while it was read"
    case .allocation(let error): error.description
    }
  }
}

/// Whole files in and out: one read, one copy; writes that are complete or absent.
package enum FileAccess {
  /// The most bytes of a file's beginning that a check of it is shown.
  package static let headByteCount = 4_096

  /// Reads a regular file into aligned memory.
  ///
  /// `accepts` is shown the first bytes, up to `headByteCount`, and the length of the whole file.
  /// Where it says no, those bytes are the result and the rest is neither allocated nor read: what
  /// decodes them says what is wrong, and a large file that is none of its kind costs nothing. The
  /// bytes that `accepts` is shown are valid until it returns.
  package static func contents(
    of path: String, maximumByteCount: Int = AlignedBuffer.maximumByteCount,
    accepting accepts: (_ head: UnsafeRawBufferPointer, _ fileByteCount: Int) -> Bool = { _, _ in
      true
    }
  ) throws(FileError) -> AlignedBuffer {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(operation: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(operation: "stat", code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile }
    let byteCount = Int(status.st_size)
    guard byteCount <= maximumByteCount else {
      throw .tooLarge(byteCount: byteCount, limit: maximumByteCount)
    }
    let head = try allocate(min(byteCount, headByteCount))
    try fill(head, from: 0, of: descriptor)
    guard head.withUnsafeBytes({ accepts($0, byteCount) }), byteCount > head.byteCount else {
      return head
    }
    let buffer = try allocate(byteCount)
    head.withUnsafeBytes { buffer.unsafeMutableBytes.copyMemory(from: $0) }
    try fill(buffer, from: head.byteCount, of: descriptor)
    return buffer
  }

  private static func allocate(_ byteCount: Int) throws(FileError) -> AlignedBuffer {
    do { return try AlignedBuffer(byteCount: byteCount, zeroed: false) } catch {
      throw .allocation(error)
    }
  }

  /// Reads what is left of a buffer of which `start` bytes have been read.
  private static func fill(
    _ buffer: AlignedBuffer, from start: Int, of descriptor: Int32
  ) throws(FileError) {
    var done = start
    while done < buffer.byteCount {
      let count = read(
        descriptor, buffer.pointer(at: done, as: UInt8.self), buffer.byteCount - done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(operation: "read", code: errno) }
      guard count > 0 else { throw .changedWhileReading }
      done += count
    }
  }

  /// Writes a file whole or not at all: a temporary name beside it, synced, then renamed.
  ///
  /// Where `path` is a symbolic link, the file it leads to is replaced and the link stays.
  package static func replace(
    _ path: String, with bytes: UnsafeRawBufferPointer
  ) throws(FileError) {
    let target = resolvingLinks(path)
    var status = stat()
    let exists = stat(target, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG { throw .notARegularFile }
    let temporary = "\(target).\(getpid()).\(UInt64.random(in: 0 ... .max)).tmp"
    let descriptor = TemporaryFiles.create(temporary) {
      open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    guard descriptor >= 0 else { throw .system(operation: "create", code: errno) }
    defer { TemporaryFiles.remove(temporary) }
    do throws(FileError) {
      do throws(FileError) {
        try writeAll(bytes, to: descriptor)
        if exists, fchmod(descriptor, status.st_mode & 0o777) != 0 {
          throw .system(operation: "set the permissions", code: errno)
        }
        guard fsync(descriptor) == 0 else { throw .system(operation: "sync", code: errno) }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw .system(operation: "close", code: errno) }
      guard rename(temporary, target) == 0 else { throw .system(operation: "rename", code: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    syncFolder(of: target)
  }

  /// Throws what `replace` would, as far as that can be told without writing: for commands that work
  /// long before they write.
  package static func checkReplaceable(_ path: String) throws(FileError) {
    let target = resolvingLinks(path)
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw .notARegularFile }
    guard !target.isEmpty else { throw .system(operation: "create", code: ENOENT) }
    guard access(folder(of: target), W_OK | X_OK) == 0 else {
      throw .system(operation: "create", code: errno)
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) + "/" } ?? "."
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(operation: "write", code: errno) }
      done += count
    }
  }

  private static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Makes the rename durable; a file system that cannot is no reason to fail.
  private static func syncFolder(of path: String) {
    let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
