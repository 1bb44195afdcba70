package import MNV4Core
package import MNV4Graph

/// A safetensors file, all of its rules checked: every tensor's bytes lie within it.
///
/// The format (github.com/huggingface/safetensors, "Format"): a 64-bit little-endian length, that
/// many bytes of JSON, then the data, which the tensors cover without gap or overlap. The header is
/// at most `maximumHeaderByteCount` long (the format allows 100 MB; a network of 2,000 tensors needs
/// a quarter of one), starts with `{`, may be padded with spaces, and repeats no key. A name or key is at
/// most 128 bytes of UTF-8; two are the same where Unicode calls them canonically equivalent.
///
/// Time is linear in the header but for a sort of the tensors; beside the bytes, memory is in
/// proportion to the header.
package struct SafetensorsFile: Sendable {
  package static let maximumHeaderByteCount = 1 << 22

  /// By their place in the file, empty ones at one place in the header's order.
  package let tensors: [CheckpointTensor]
  package let metadata: [String: String]
  private let bytes: AlignedBuffer
  private let indices: [String: Int]

  /// Reads the header and keeps the bytes. The elements are not looked at.
  package init(_ bytes: AlignedBuffer) throws(SafetensorsError) {
    let lengthByteCount = Self.lengthByteCount
    let length = try bytes.withUnsafeBytes(Self.headerByteCount)
    let dataStart = lengthByteCount + length
    guard dataStart <= bytes.byteCount else {
      throw .headerTruncated(expected: length, found: bytes.byteCount - lengthByteCount)
    }
    let header = try SafetensorsHeader([UInt8](bytes.unsafeBytes[lengthByteCount..<dataStart]))
    let order = try Self.order(header.entries, dataByteCount: bytes.byteCount - dataStart)
    self.tensors = order.map {
      let entry = header.entries[$0]
      return CheckpointTensor(
        name: entry.name, elementType: entry.elementType, shape: entry.shape,
        byteRange: dataStart + entry.begin..<dataStart + entry.end)
    }
    var positions = Array(repeating: 0, count: order.count)
    for (position, index) in order.enumerated() { positions[index] = position }
    self.indices = header.indices.mapValues { positions[$0] }
    self.metadata = header.metadata
    self.bytes = bytes
  }

  /// The place of the tensor of that name in `tensors`.
  package func index(of name: String) -> Int? { indices[name] }

  /// The bytes of the tensor at that place of `tensors`.
  package func data(at index: Int) -> ByteSlice {
    let range = tensors[index].byteRange
    return ByteSlice(buffer: bytes, offset: range.lowerBound, byteCount: range.count)
  }

  /// The elements of the tensor at that place of `tensors`, as finite float32, row major.
  package func floats(at index: Int) throws(WeightError) -> [Float] {
    try tensors[index].floats(in: bytes)
  }

  private static let lengthByteCount = 8

  /// Checks by a file's first bytes, 9 or more of them or all, that a header of a length that is
  /// read begins there.
  static func checkHead(_ head: UnsafeRawBufferPointer) throws(SafetensorsError) {
    let length = try headerByteCount(head)
    guard length > 0 else { throw .headerStart(nil) }
    if head.count > lengthByteCount, head[lengthByteCount] != UInt8(ascii: "{") {
      throw .headerStart(head[lengthByteCount])
    }
  }

  private static func headerByteCount(
    _ bytes: UnsafeRawBufferPointer
  ) throws(SafetensorsError) -> Int {
    guard bytes.count >= lengthByteCount else {
      throw .lengthTruncated(fileByteCount: bytes.count)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumHeaderByteCount) else {
      throw .headerTooLong(byteCount: length, limit: maximumHeaderByteCount)
    }
    return Int(length)
  }

  /// The entries' indices, sorted by their place; refuses gaps, overlaps, and data too short or too
  /// long.
  private static func order(
    _ entries: [SafetensorsHeader.Entry], dataByteCount: Int
  ) throws(SafetensorsError) -> [Int] {
    let order = entries.indices.sorted {
      (entries[$0].begin, entries[$0].end, $0) < (entries[$1].begin, entries[$1].end, $1)
    }
    var end = 0
    var previous = ""
    for entry in order.lazy.map({ entries[$0] }) {
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
    return order
  }
}
