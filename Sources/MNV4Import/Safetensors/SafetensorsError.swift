internal import MNV4Graph

/// Why bytes are no safetensors file: the tensor and field, what was expected and what was found.
package enum SafetensorsError: Error, Hashable, CustomStringConvertible {
  // The frame.
  /// The file ends within the eight bytes of the header's length.
  case lengthTruncated(fileByteCount: Int)
  case headerTooLong(byteCount: UInt64, limit: Int)
  /// The file ends within the header.
  case headerTruncated(expected: Int, found: Int)
  /// The header's first byte is not `{`; nil where the header is empty.
  case headerStart(UInt8?)
  // The header.
  /// `place` is the part of the header that is not the JSON it must be.
  case json(place: String, JSONError)
  /// A tensor's name or a key, in `place`, in UTF-8.
  case nameTooLong(place: String, name: String, byteCount: Int, limit: Int)
  case duplicateTensor(String)
  case duplicateMetadata(key: String)
  case duplicateField(tensor: String, field: String)
  case unknownField(tensor: String, field: String)
  case missingField(tensor: String, field: String)
  case elementType(tensor: String, found: String)
  // One tensor.
  case offsetCount(tensor: String, found: Int)
  case offsetOrder(tensor: String, begin: Int, end: Int)
  case sizeOverflow(tensor: String, elementType: CheckpointElementType, shape: [Int])
  /// Elements narrower than a byte do not fill their last byte.
  case partialByte(tensor: String, bitCount: Int)
  case byteCount(tensor: String, expected: Int, found: Int)
  // All tensors together: they cover the data without gap or overlap.
  case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
  case gap(tensor: String, begin: Int, previousEnd: Int)
  /// The file ends before the tensor does.
  case dataTruncated(tensor: String, end: Int, dataByteCount: Int)
  case trailingBytes(expected: Int, found: Int)

  package var description: String {
    switch self {
    case .lengthTruncated(let found):
      "header length: expected 8 bytes, found a file of \(found)"
    case .headerTooLong(let byteCount, let limit):
      "header length: expected at most \(limit) bytes, found \(byteCount)"
    case .headerTruncated(let expected, let found):
      "header: expected \(expected) bytes, found \(found) before the file's end"
    case .headerStart(let byte):
      "header: expected '{' as the first byte, found \(JSONReader.describe(byte))"
    case .json(let place, let error): "\(place): \(error)"
    case .nameTooLong(let place, let name, let byteCount, let limit):
      "\(place): expected names of at most \(limit) bytes, found \(name.quoted) of \(byteCount)"
    case .duplicateTensor(let name):
      "header: expected every tensor once, found \(name.quoted) again"
    case .duplicateMetadata(let key):
      "__metadata__: expected every key once, found \(key.quoted) again"
    case .duplicateField(let tensor, let field):
      "tensor \(tensor.quoted): expected field \(field.quoted) once, found it again"
    case .unknownField(let tensor, let field):
      "tensor \(tensor.quoted): expected dtype, shape and data_offsets, found \(field.quoted)"
    case .missingField(let tensor, let field):
      "tensor \(tensor.quoted): expected field \(field.quoted), found none"
    case .elementType(let tensor, let found):
      "tensor \(tensor.quoted): dtype: expected a type of the format, found \(found.quoted)"
    case .offsetCount(let tensor, let found):
      "tensor \(tensor.quoted): data_offsets: expected 2 numbers, found \(found)"
    case .offsetOrder(let tensor, let begin, let end):
      "tensor \(tensor.quoted): data_offsets: expected an end of at least \(begin), found \(end)"
    case .sizeOverflow(let tensor, let elementType, let shape):
      "tensor \(tensor.quoted): shape: expected a size below 2^63 bits, "
        + "found \(Self.describe(shape)) of \(elementType.rawValue)"
    case .partialByte(let tensor, let bitCount):
      "tensor \(tensor.quoted): shape: expected whole bytes, found \(bitCount) bits"
    case .byteCount(let tensor, let expected, let found):
      "tensor \(tensor.quoted): data_offsets: expected \(expected) bytes for its shape and dtype, "
        + "found \(found)"
    case .overlap(let tensor, let begin, let previous, let previousEnd):
      "tensor \(tensor.quoted): data_offsets: expected to begin at \(previousEnd), where "
        + "\(previous.quoted) ends, found \(begin)"
    case .gap(let tensor, let begin, let previousEnd):
      "tensor \(tensor.quoted): data_offsets: expected to begin at \(previousEnd), without a gap, "
        + "found \(begin)"
    case .dataTruncated(let tensor, let end, let dataByteCount):
      "tensor \(tensor.quoted): expected data up to byte \(end), found \(dataByteCount) bytes "
        + "before the file's end"
    case .trailingBytes(let expected, let found):
      "data: expected \(expected) bytes, the sum of the tensors, found \(found)"
    }
  }

  /// At most eight extents: a header can hold a million.
  private static func describe(_ shape: [Int]) -> String {
    shape.prefix(8).map(String.init).joined(separator: "×") + (shape.count > 8 ? "×…" : "")
  }
}
