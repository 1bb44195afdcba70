internal import MNV4Graph

/// Why bytes are no ZIP file of stored entries: the entry and field, what was expected and found.
package enum ZipError: Error, Hashable, CustomStringConvertible {
  /// The record that ends a ZIP file is not its last 22 bytes: the file is cut off, or goes on.
  case endRecord(fileByteCount: Int)
  case field(place: String, field: String, expected: String, found: String)
  /// A place named by the file lies outside of it.
  case truncated(place: String)
  case compressed(entry: String, method: Int)
  case encrypted(entry: String)
  case duplicateEntry(String)
  /// An entry begins before the one before it ends.
  case overlap(entry: String, begin: Int, previousEnd: Int)
  /// Bytes belong to no entry.
  case gap(place: String, begin: Int, previousEnd: Int)
  case checksum(entry: String, expected: UInt32, found: UInt32)

  package var description: String {
    switch self {
    case .endRecord(let byteCount):
      "ZIP end record: expected in the file's last 22 bytes, found none (of \(byteCount) bytes)"
    case .field(let place, let field, let expected, let found):
      "\(place): \(field): expected \(expected), found \(found)"
    case .truncated(let place): "\(place): expected within the file, found beyond its end"
    case .compressed(let entry, let method):
      "entry \(entry.quoted): expected stored bytes, found compression method \(method)"
        + (method == 8 ? " (deflate)" : "")
    case .encrypted(let entry): "entry \(entry.quoted): expected plain bytes, found encrypted ones"
    case .duplicateEntry(let entry):
      "ZIP directory: expected every entry once, found \(entry.quoted) again"
    case .overlap(let entry, let begin, let previousEnd):
      "entry \(entry.quoted): expected to begin at \(previousEnd), where the entry before it ends, "
        + "found \(begin)"
    case .gap(let place, let begin, let previousEnd):
      "\(place): expected to begin at \(previousEnd), without a gap, found \(begin)"
    case .checksum(let entry, let expected, let found):
      "entry \(entry.quoted): CRC-32: expected \(Self.describe(expected)), "
        + "found \(Self.describe(found)): the bytes are damaged"
    }
  }

  private static func describe(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
