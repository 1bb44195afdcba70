internal import MNV4Core

/// Reads the fields of one section in order; nothing is read before it is known to be there.
///
/// Unsafe code of the decoder lives here. Integers and floats are little-endian and unaligned.
struct ByteReader {
  /// What the fields being read belong to, for the message of an error.
  enum Subject {
    case section
    case item(StaticString, Int)
  }

  let part: FormatError.Part
  var subject = Subject.section
  private(set) var position: Int
  private let end: Int
  private let file: AlignedBuffer

  /// `range` lies within the file.
  init(file: AlignedBuffer, range: Range<Int>, part: FormatError.Part) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.byteCount)
    self.file = file
    self.part = part
    self.position = range.lowerBound
    self.end = range.upperBound
  }

  var remaining: Int { end - position }

  // MARK: Fields

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ field: StaticString
  ) throws(FormatError) -> Value {
    let size = MemoryLayout<Value>.size
    try require(size, field)
    let value = file.unsafeBytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    position += size
    return Value(littleEndian: value)
  }

  mutating func float(_ field: StaticString) throws(FormatError) -> Float {
    Float(bitPattern: try integer(UInt32.self, field))
  }

  mutating func double(_ field: StaticString) throws(FormatError) -> Double {
    Double(bitPattern: try integer(UInt64.self, field))
  }

  mutating func boolean(_ field: StaticString) throws(FormatError) -> Bool {
    let value = try integer(UInt8.self, field)
    guard value <= 1 else {
      throw failure(field, at: position - 1, expected: "0 or 1", found: "\(value)")
    }
    return value == 1
  }

  /// An enumeration whose raw values are the codes of the file.
  mutating func code<Code: RawRepresentable & CaseIterable>(
    _ type: Code.Type, _ field: StaticString
  ) throws(FormatError) -> Code
  where Code.RawValue: FixedWidthInteger & UnsignedInteger & BitwiseCopyable {
    let start = position
    let raw = try integer(Code.RawValue.self, field)
    guard let code = Code(rawValue: raw) else {
      let known = Code.allCases.map(\.rawValue)
      throw .unknownCode(
        part, field: prefixed(field), offset: start, code: UInt32(raw),
        known: "\(known.min() ?? 0) to \(known.max() ?? 0)")
    }
    return code
  }

  /// A count of things that take at least `minimumByteCount` bytes each.
  mutating func count<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ type: Value.Type, _ field: StaticString, in range: ClosedRange<Int>, minimumByteCount: Int
  ) throws(FormatError) -> Int {
    let start = position
    let raw = try integer(type, field)
    guard let count = Int(exactly: raw), range.contains(count) else {
      throw failure(
        field, at: start, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(raw)")
    }
    guard count <= remaining / minimumByteCount else {
      throw failure(
        field, at: start, expected: "at most the \(remaining / minimumByteCount) that can follow",
        found: "\(count)")
    }
    return count
  }

  /// A text: its count of bytes, 16 bits, then UTF-8 without control characters.
  mutating func text(
    _ field: StaticString, in range: ClosedRange<Int>, allowsLines: Bool = false
  ) throws(FormatError) -> String {
    let start = position
    let count = Int(try integer(UInt16.self, field))
    guard range.contains(count) else {
      throw failure(
        field, at: start, expected: "\(range.lowerBound) to \(range.upperBound) bytes of text",
        found: "\(count)")
    }
    try require(count, field)
    let bytes = UnsafeRawBufferPointer(rebasing: file.unsafeBytes[position..<position + count])
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure(field, at: position, expected: "UTF-8", found: "bytes that are not")
    }
    guard !Self.hasControlCharacter(bytes, allowsLines: allowsLines) else {
      throw failure(
        field, at: position, expected: "text without control characters", found: "one")
    }
    position += count
    return text
  }

  /// `count` elements, converted one by one.
  mutating func array<Value: FixedWidthInteger & BitwiseCopyable, Element>(
    of type: Value.Type, count: Int, _ field: StaticString, _ element: (Value) -> Element
  ) throws(FormatError) -> [Element] {
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.size)
    guard !overflow, size <= remaining else {
      throw failure(
        field, at: position, expected: "\(count) elements", found: "\(remaining) bytes")
    }
    let bytes = file.unsafeBytes
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count {
      let raw = bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
      elements.append(element(Value(littleEndian: raw)))
      position += MemoryLayout<Value>.size
    }
    return elements
  }

  /// The next `count` bytes, not copied.
  mutating func bytes(_ count: Int, _ field: StaticString) throws(FormatError) -> ByteSlice {
    try require(count, field)
    defer { position += count }
    return ByteSlice(buffer: file, offset: position, byteCount: count)
  }

  /// Zeros up to the next multiple of 64 bytes of the file.
  mutating func padding(_ field: StaticString) throws(FormatError) {
    let count = Header.aligned(position) - position
    try require(count, field)
    let bytes = file.unsafeBytes
    for offset in position..<position + count where bytes[offset] != 0 {
      throw failure(field, at: offset, expected: "0", found: "\(bytes[offset])")
    }
    position += count
  }

  func finish() throws(FormatError) {
    guard remaining == 0 else {
      throw failure("end", at: position, expected: "no more bytes", found: "\(remaining)")
    }
  }

  // MARK: Failures

  private func require(_ count: Int, _ field: StaticString) throws(FormatError) {
    guard count <= remaining else {
      throw failure(
        field, at: position, expected: "\(count) more bytes", found: "\(remaining)")
    }
  }

  func failure(
    _ field: StaticString, at offset: Int, expected: String, found: String
  ) -> FormatError {
    .field(part, prefixed(field), offset: offset, expected: expected, found: found)
  }

  func failure(
    _ field: StaticString, at offset: Int, _ reason: FormatError.Rule
  ) -> FormatError {
    .rule(part, field: prefixed(field), offset: offset, reason: reason)
  }

  private func prefixed(_ field: StaticString) -> String {
    switch subject {
    case .section: "\(field)"
    case .item(let name, let index): "\(name) \(index): \(field)"
    }
  }

  /// C0 and C1 controls and delete; a tab and a line feed are text where lines are.
  private static func hasControlCharacter(
    _ bytes: UnsafeRawBufferPointer, allowsLines: Bool
  ) -> Bool {
    var previous: UInt8 = 0
    for byte in bytes {
      if byte < 0x20, !(allowsLines && (byte == 0x09 || byte == 0x0A)) { return true }
      if byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
      previous = byte
    }
    return false
  }
}
