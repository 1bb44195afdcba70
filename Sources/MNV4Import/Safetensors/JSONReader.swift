/// Reads JSON (RFC 8259) front to back: the caller asks for what its schema expects next.
///
/// Nothing recurses and no tree is built, so nesting costs nothing: a value of another kind than
/// asked for is refused at its first byte. Strings must be UTF-8; numbers are whole and not
/// negative. Time is linear in the bytes.
struct JSONReader {
  private let bytes: [UInt8]
  /// The byte that is read next.
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  // MARK: Objects and arrays

  mutating func beginObject() throws(JSONError) { try take(UInt8(ascii: "{"), "an object") }

  mutating func beginArray() throws(JSONError) { try take(UInt8(ascii: "["), "an array") }

  /// The next key of the object that was begun, its colon passed; nil where the object ends.
  ///
  /// - Parameter isFirst: true before the first call for an object, and then left to this method.
  mutating func nextKey(isFirst: inout Bool) throws(JSONError) -> String? {
    guard try nextItem(isFirst: &isFirst, end: UInt8(ascii: "}")) else { return nil }
    let key = try string()
    try take(UInt8(ascii: ":"), "':'")
    return key
  }

  /// Whether the array that was begun has another element; it is read next.
  ///
  /// - Parameter isFirst: true before the first call for an array, and then left to this method.
  mutating func nextElement(isFirst: inout Bool) throws(JSONError) -> Bool {
    try nextItem(isFirst: &isFirst, end: UInt8(ascii: "]"))
  }

  private mutating func nextItem(isFirst: inout Bool, end: UInt8) throws(JSONError) -> Bool {
    skipWhitespace()
    if current == end {
      offset += 1
      return false
    }
    if !isFirst {
      try take(UInt8(ascii: ","), "',' or '\(Character(Unicode.Scalar(end)))'")
    }
    isFirst = false
    return true
  }

  /// Passes the padding: spaces alone may follow, up to the end.
  mutating func endPaddedWithSpaces() throws(JSONError) {
    while current == UInt8(ascii: " ") { offset += 1 }
    guard offset == bytes.count else { throw unexpected("spaces up to the end") }
  }

  // MARK: Numbers

  mutating func wholeNumber() throws(JSONError) -> Int {
    skipWhitespace()
    let start = offset
    if current == UInt8(ascii: "-") { throw JSONError(.integerForm, at: start) }
    var value = 0
    while let digit = current, isDigit(digit) {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      if overflow || carry { throw JSONError(.integerTooLarge, at: start) }
      value = sum
      offset += 1
    }
    guard offset > start else { throw unexpected("a whole number") }
    let hasLeadingZero = bytes[start] == UInt8(ascii: "0") && offset > start + 1
    switch current {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      throw JSONError(.integerForm, at: start)
    default:
      if hasLeadingZero { throw JSONError(.integerForm, at: start) }
    }
    return value
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  // MARK: Strings

  mutating func string() throws(JSONError) -> String {
    try take(UInt8(ascii: "\""), "a string")
    let start = offset
    var unescaped: [UInt8] = []
    var runStart = start
    while true {
      guard let byte = current else { throw unexpected("'\"'") }
      switch byte {
      case UInt8(ascii: "\""):
        let run = bytes[runStart..<offset]
        offset += 1
        let text =
          unescaped.isEmpty
          ? String(validating: run, as: UTF8.self)
          : String(validating: unescaped + run, as: UTF8.self)
        guard let text else { throw JSONError(.utf8, at: start) }
        return text
      case UInt8(ascii: "\\"):
        unescaped += bytes[runStart..<offset]
        unescaped += Array(String(try escape()).utf8)
        runStart = offset
      case 0..<0x20:
        throw JSONError(.controlCharacter(byte), at: offset)
      default:
        offset += 1
      }
    }
  }

  /// The character of the escape sequence that starts here.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    offset += 1
    guard let letter = current else { throw unexpected("an escape sequence") }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = UInt32(try hexadecimalUnit(escapeStart: start))
      if (0xD800..<0xDC00).contains(code) {
        guard current == UInt8(ascii: "\\") else { throw JSONError(.escape, at: start) }
        offset += 1
        guard current == UInt8(ascii: "u") else { throw JSONError(.escape, at: start) }
        offset += 1
        let low = UInt32(try hexadecimalUnit(escapeStart: start))
        guard (0xDC00..<0xE000).contains(low) else { throw JSONError(.escape, at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw JSONError(.escape, at: start) }
      return scalar
    default: throw JSONError(.escape, at: start)
    }
  }

  private mutating func hexadecimalUnit(escapeStart: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw JSONError(.escape, at: escapeStart)
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }

  // MARK: Bytes

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func take(_ byte: UInt8, _ expected: String) throws(JSONError) {
    skipWhitespace()
    guard current == byte else { throw unexpected(expected) }
    offset += 1
  }

  private func unexpected(_ expected: String) -> JSONError {
    JSONError(.token(expected: expected, found: Self.describe(current)), at: offset)
  }

  /// A byte for a message: the character where it is one to print.
  static func describe(_ byte: UInt8?) -> String {
    switch byte {
    case nil: "the end"
    case .some(let byte) where (0x20..<0x7F).contains(byte):
      "'\(Character(Unicode.Scalar(byte)))'"
    case .some(let byte): "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}
