internal import MNV4Graph

/// Why bytes are no FlatBuffers file of a schema: the field by its path from the root table, what was
/// expected and what was found.
package enum FlatBufferError: Error, Hashable, CustomStringConvertible {
  case fileByteCount(Int, expected: ClosedRange<Int>)
  case identifier([UInt8], expected: String)
  /// Something reaches beyond the file's end, or begins before its start.
  case outside(field: String, position: Int, byteCount: Int, fileByteCount: Int)
  /// An offset points at itself.
  case nullOffset(field: String)
  /// The list of a table's fields is too short for its own head, or of an odd length.
  case vtableByteCount(table: String, found: Int)
  /// A table is too short for its own head.
  case tableByteCount(table: String, found: Int)
  /// A field lies outside of its table.
  case fieldOffset(field: String, found: Int, byteCount: Int, tableByteCount: Int)
  case vectorLength(field: String, found: Int, limit: Int)
  case unterminatedString(field: String)
  case notUTF8(field: String)
  case missingField(String)
  case tooManyTables(field: String, limit: Int)
  case tooManyBytes(field: String, limit: Int)
  /// A number that the schema gives no meaning.
  case value(field: String, expected: String, found: String)

  package var description: String {
    switch self {
    case .fileByteCount(let found, let expected):
      "expected a file of \(expected.lowerBound) to \(expected.upperBound) bytes, found \(found)"
    case .identifier(let found, let expected):
      "identifier: expected \(expected.quoted) at byte 4, "
        + "found \(String(decoding: found, as: UTF8.self).quoted)"
    case .outside(let field, let position, let byteCount, let fileByteCount):
      "\(field): expected \(byteCount) bytes within the file's \(fileByteCount), "
        + "found them at \(position)"
    case .nullOffset(let field): "\(field): expected an offset above 0, found 0"
    case .vtableByteCount(let table, let found):
      "\(table): length of its list of fields: expected an even number from 4, found \(found)"
    case .tableByteCount(let table, let found):
      "\(table): length: expected 4 bytes or more, found \(found)"
    case .fieldOffset(let field, let found, let byteCount, let tableByteCount):
      "\(field): expected \(byteCount) bytes within its table's 4 to \(tableByteCount), "
        + "found them at \(found)"
    case .vectorLength(let field, let found, let limit):
      "\(field): expected at most \(limit) elements before the file's end, found \(found)"
    case .unterminatedString(let field): "\(field): expected a zero after the text, found none"
    case .notUTF8(let field): "\(field): expected UTF-8, found other bytes"
    case .missingField(let field): "\(field): expected it to be there, found none"
    case .tooManyTables(let field, let limit):
      "\(field): expected at most \(limit) tables up to here, found more"
    case .tooManyBytes(let field, let limit):
      "\(field): expected vectors of at most \(limit) bytes up to here, found more"
    case .value(let field, let expected, let found):
      "\(field): expected \(expected), found \(found)"
    }
  }
}
