package import MNV4Core

/// One tensor of a safetensors file.
package struct SafetensorsTensor: Hashable, Sendable {
  package let name: String
  package let elementType: SafetensorsElementType
  /// Row major, outermost first. Empty for a scalar; an extent may be 0.
  package let shape: [Int]
  /// Where its bytes lie, counted from the start of the file. Any alignment.
  package let byteRange: Range<Int>
}

/// A safetensors file, all of its rules checked: every tensor's bytes lie within it.
///
/// The format (github.com/huggingface/safetensors, "Format"): a 64-bit little-endian length, that
/// many bytes of JSON, then the data, which the tensors cover without gap or overlap. The header is
/// at most `maximumHeaderByteCount` long (the format allows 100 MB; a network of 2,000 tensors needs
/// a quarter of one), starts with `{`, may be padded with spaces, and repeats no key. Keys count as
/// equal where Unicode calls them canonically equivalent.
///
/// Time is linear in the header but for a sort of the tensors; beside the bytes, memory is in
/// proportion to the header.
package struct SafetensorsFile: Sendable {
  package static let maximumHeaderByteCount = 1 << 22

  /// By their place in the file.
  package let tensors: [SafetensorsTensor]
  package let metadata: [String: String]
  private let bytes: AlignedBuffer
  private let indices: [String: Int]

  /// Reads the header and keeps the bytes. The elements are not looked at.
  package init(_ bytes: AlignedBuffer) throws(SafetensorsError) {
    let lengthByteCount = 8
    guard bytes.byteCount >= lengthByteCount else {
      throw .lengthTruncated(fileByteCount: bytes.byteCount)
    }
    let length = UInt64(littleEndian: bytes.bytes.load(as: UInt64.self))
    guard length <= UInt64(Self.maximumHeaderByteCount) else {
      throw .headerTooLong(byteCount: length, limit: Self.maximumHeaderByteCount)
    }
    let dataStart = lengthByteCount + Int(length)
    guard dataStart <= bytes.byteCount else {
      throw .headerTruncated(expected: Int(length), found: bytes.byteCount - lengthByteCount)
    }
    let header = try SafetensorsHeader([UInt8](bytes.bytes[lengthByteCount..<dataStart]))
    let entries = try Self.layOut(header.entries, dataByteCount: bytes.byteCount - dataStart)
    self.tensors = entries.map {
      SafetensorsTensor(
        name: $0.name, elementType: $0.elementType, shape: $0.shape,
        byteRange: dataStart + $0.begin..<dataStart + $0.end)
    }
    self.metadata = header.metadata
    self.bytes = bytes
    self.indices = Dictionary(
      uniqueKeysWithValues: entries.indices.map { (entries[$0].name, $0) })
  }

  /// The place of the tensor of that name in `tensors`.
  package func index(of name: String) -> Int? { indices[name] }

  /// The bytes of the tensor at that place of `tensors`.
  package func data(at index: Int) -> ByteSlice {
    let range = tensors[index].byteRange
    return ByteSlice(buffer: bytes, offset: range.lowerBound, byteCount: range.count)
  }

  /// The entries sorted by their place; refuses gaps, overlaps, and data too short or too long.
  private static func layOut(
    _ entries: [SafetensorsHeader.Entry], dataByteCount: Int
  ) throws(SafetensorsError) -> [SafetensorsHeader.Entry] {
    let sorted = entries.sorted { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
    var end = 0
    var previous = ""
    for entry in sorted {
      if entry.begin < end {
        throw .overlap(
          tensor: entry.name, begin: entry.begin, previous: previous, previousEnd: end)
      }
      if entry.begin > end {
        throw .gap(tensor: entry.name, begin: entry.begin, previousEnd: end)
      }
      if entry.end > dataByteCount {
        throw .dataTruncated(tensor: entry.name, end: entry.end, dataByteCount: dataByteCount)
      }
      end = entry.end
      previous = entry.name
    }
    guard end == dataByteCount else { throw .trailingBytes(expected: end, found: dataByteCount) }
    return sorted
  }
}
