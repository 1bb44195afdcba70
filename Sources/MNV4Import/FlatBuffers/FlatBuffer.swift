internal import MNV4Core

/// The bytes of a FlatBuffers file: little-endian, read wherever they lie, each run checked to lie
/// within the file before it is read.
///
/// Tables and vectors may be shared: a small file could name one of them a million times. So that
/// the work is bounded by the file's size, tables and elements are counted as often as they are
/// read, up to `maximumTableCount` and `maximumReadByteCount`.
final class FlatBuffer {
  /// Offsets have 32 bits, and writers keep to a signed half of them.
  static let maximumFileByteCount = Int(Int32.max)
  static let maximumTableCount = 1 << 18

  let bytes: AlignedBuffer
  let maximumReadByteCount: Int
  private var tableCount = 0
  private var readByteCount = 0

  /// - Parameter identifier: the four characters at byte 4 that tell the file's schema.
  init(_ bytes: AlignedBuffer, identifier: String) throws(FlatBufferError) {
    self.bytes = bytes
    maximumReadByteCount = 4 * bytes.byteCount + (1 << 16)
    try Self.checkLength(bytes.byteCount)
    let found = bytes.withUnsafeBytes { Array($0[4..<8]) }
    guard found == Array(identifier.utf8) else {
      throw .identifier(found, expected: identifier)
    }
  }

  static func checkLength(_ fileByteCount: Int) throws(FlatBufferError) {
    guard (8...maximumFileByteCount).contains(fileByteCount) else {
      throw .fileByteCount(fileByteCount, expected: 8...maximumFileByteCount)
    }
  }

  /// The table that the file's first offset points at.
  func root() throws(FlatBufferError) -> FlatBufferTable {
    try FlatBufferTable(self, at: target(of: 0, "root"), path: "")
  }

  /// The integer at `position`.
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at position: Int, _ field: @autoclosure () -> String
  ) throws(FlatBufferError) -> Value {
    try require(MemoryLayout<Value>.size, at: position, field())
    return bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: type))
    }
  }

  /// Where the offset at `position` points: forward from its own place.
  func target(of position: Int, _ field: @autoclosure () -> String) throws(FlatBufferError) -> Int {
    let offset = Int(try integer(UInt32.self, at: position, field()))
    guard offset > 0 else { throw .nullOffset(field: field()) }
    let target = position + offset
    // Whatever it points at begins with an integer of four bytes.
    try require(4, at: target, field())
    return target
  }

  /// The elements of the vector at `position`, as a run of bytes.
  func elements(
    at position: Int, elementByteCount: Int, _ field: @autoclosure () -> String
  ) throws(FlatBufferError) -> Range<Int> {
    let count = Int(try integer(UInt32.self, at: position, field()))
    let start = position + 4
    let available = (bytes.byteCount - start) / elementByteCount
    guard count <= available else {
      throw .vectorLength(field: field(), found: count, limit: available)
    }
    return start..<start + count * elementByteCount
  }

  /// Counts the elements of a vector that are about to be copied.
  func spend(byteCount: Int, _ field: @autoclosure () -> String) throws(FlatBufferError) {
    // Both are below four times the file's length and more.
    readByteCount += byteCount
    guard readByteCount <= maximumReadByteCount else {
      throw .tooManyBytes(field: field(), limit: maximumReadByteCount)
    }
  }

  /// Counts a table that is about to be read.
  func spendTable(_ field: @autoclosure () -> String) throws(FlatBufferError) {
    tableCount += 1
    guard tableCount <= Self.maximumTableCount else {
      throw .tooManyTables(field: field(), limit: Self.maximumTableCount)
    }
  }

  /// Checks that a run of bytes lies within the file.
  func require(_ byteCount: Int, at position: Int, _ field: @autoclosure () -> String)
    throws(FlatBufferError)
  {
    guard position >= 0, position <= bytes.byteCount - byteCount else {
      throw .outside(
        field: field(), position: position, byteCount: byteCount, fileByteCount: bytes.byteCount)
    }
  }
}
