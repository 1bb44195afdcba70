/// Collects the fields of one section, little-endian and unaligned.
///
/// A number that its field cannot hold is an error, never cut off.
struct ByteWriter {
  let kind: SectionKind
  /// What the fields being written belong to, before the name of a field in an error.
  var subject = ""
  private(set) var bytes: [UInt8] = []

  init(_ kind: SectionKind) { self.kind = kind }

  /// A writer with nothing written, for a part whose length comes before it.
  func empty() -> ByteWriter {
    var writer = ByteWriter(kind)
    writer.subject = subject
    return writer
  }

  mutating func append(_ other: [UInt8]) { bytes += other }

  mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func integer<Field: FixedWidthInteger>(
    _ value: Int, as type: Field.Type, _ field: String
  ) throws(FormatError) {
    guard let exact = Field(exactly: value) else {
      throw failure(field, expected: "\(Field.min) to \(Field.max)", found: "\(value)")
    }
    integer(exact)
  }

  mutating func boolean(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func code<Code: RawRepresentable>(_ code: Code)
  where Code.RawValue: FixedWidthInteger {
    integer(code.rawValue)
  }

  /// A count of bytes, 16 bits, then UTF-8.
  mutating func text(_ text: String, _ field: String) throws(FormatError) {
    try integer(text.utf8.count, as: UInt16.self, "\(field): byte count")
    bytes += text.utf8
  }

  func failure(_ field: String, expected: String, found: String) -> FormatError {
    .field(.section(kind), subject + field, offset: nil, expected: expected, found: found)
  }
}
