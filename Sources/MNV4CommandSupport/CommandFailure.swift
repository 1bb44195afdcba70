package import MNV4Core

/// A refused input: printed as `Error: …`, exit status 1.
package struct CommandFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }

  package init(file: String, _ error: any Error) { description = "\(file): \(error)" }
}

/// Files as the commands read and write them: failures name the path.
package enum CommandFile {
  /// The most bytes of a text, such as labels or a list: 64 MiB.
  package static let maximumTextByteCount = 1 << 26
  /// The most bytes of a `.npy` file: 4 GiB.
  package static let maximumArrayByteCount = 1 << 32

  /// The whole file; where `accepts` says no to its first bytes and length, the first bytes alone.
  /// See `FileAccess.contents`.
  package static func read(
    _ path: String, maximumByteCount: Int,
    accepting accepts: (_ head: UnsafeRawBufferPointer, _ fileByteCount: Int) -> Bool = { _, _ in
      true
    }
  ) throws(CommandFailure) -> AlignedBuffer {
    do {
      return try FileAccess.contents(
        of: path, maximumByteCount: maximumByteCount, accepting: accepts)
    } catch {
      throw CommandFailure(file: path, error)
    }
  }

  /// UTF-8 text of at most 64 MiB, without a byte order mark at its start.
  package static func text(_ path: String) throws(CommandFailure) -> String {
    let buffer = try read(path, maximumByteCount: maximumTextByteCount)
    guard let text = buffer.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw CommandFailure("\(path): expected UTF-8 text")
    }
    guard text.unicodeScalars.first == "\u{FEFF}" else { return text }
    return String(text.unicodeScalars.dropFirst())
  }

  /// Whole or not at all.
  package static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(CommandFailure) in try write(bytes, to: path) }
    }
    try result.get()
  }

  /// Whole or not at all.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to path: String
  ) throws(CommandFailure) {
    do { try FileAccess.replace(path, with: bytes) } catch {
      throw CommandFailure(file: path, error)
    }
  }

  /// Refuses a path that nothing can be written to.
  package static func checkReplaceable(_ path: String) throws(CommandFailure) {
    do { try FileAccess.checkReplaceable(path) } catch { throw CommandFailure(file: path, error) }
  }

  /// The array of a `.npy` file of at most 4 GiB.
  package static func readArray(_ path: String) throws(CommandFailure) -> NumpyArray {
    let buffer = try read(path, maximumByteCount: maximumArrayByteCount) { head, _ in
      NumpyArray.hasMagic(head)
    }
    do throws(NumpyError) {
      return try buffer.withUnsafeBytes { (bytes) throws(NumpyError) in try NumpyArray(bytes) }
    } catch {
      throw CommandFailure(file: path, error)
    }
  }
}
