/// A part of a FlatBuffers file to be written.
package indirect enum FlatBufferValue {
  /// Bytes that lie in the table itself.
  case inline([UInt8])
  case string(String)
  /// The elements of a vector, of that many bytes each.
  case vector([UInt8], elementByteCount: Int)
  case tables([FlatBufferValue])
  /// By slot; nil for a field that is left out.
  case table([FlatBufferValue?])

  package static func byte(_ value: Int) -> Self { .inline([UInt8(truncatingIfNeeded: value)]) }
  package static func int32(_ value: Int) -> Self { .inline(bytes(of: Int32(value))) }
  package static func int64(_ value: Int) -> Self { .inline(bytes(of: Int64(value))) }
  package static func float(_ value: Float) -> Self { .inline(bytes(of: value.bitPattern)) }
  package static func int32s(_ values: [Int]) -> Self {
    .vector(values.flatMap { bytes(of: Int32($0)) }, elementByteCount: 4)
  }
  package static func int64s(_ values: [Int]) -> Self {
    .vector(values.flatMap { bytes(of: Int64($0)) }, elementByteCount: 8)
  }
  package static func floats(_ values: [Float]) -> Self {
    .vector(values.flatMap { bytes(of: $0.bitPattern) }, elementByteCount: 4)
  }

  /// Little-endian.
  package static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// Writes FlatBuffers files: each table behind its list of fields, what it points at after it.
package struct FlatBufferWriter {
  private var bytes: [UInt8]

  /// The file of a root table.
  package static func file(_ root: FlatBufferValue, identifier: String) -> [UInt8] {
    var writer = FlatBufferWriter(bytes: [0, 0, 0, 0] + Array(identifier.utf8))
    writer.point(from: 0, at: writer.write(root))
    return writer.bytes
  }

  private mutating func align(to alignment: Int, after byteCount: Int = 0) {
    while (bytes.count + byteCount) % alignment != 0 { bytes.append(0) }
  }

  private mutating func set(_ values: [UInt8], at position: Int) {
    bytes.replaceSubrange(position..<position + values.count, with: values)
  }

  private mutating func point(from position: Int, at target: Int) {
    set(FlatBufferValue.bytes(of: UInt32(target - position)), at: position)
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    bytes += FlatBufferValue.bytes(of: value)
  }

  /// Appends a value and returns where it begins.
  private mutating func write(_ value: FlatBufferValue) -> Int {
    switch value {
    case .inline: preconditionFailure("part of a table")
    case .string(let text):
      align(to: 4)
      let start = bytes.count
      append(UInt32(text.utf8.count))
      bytes += Array(text.utf8) + [0]
      return start
    case .vector(let elements, let size):
      align(to: size == 1 ? 16 : max(size, 4), after: 4)
      let start = bytes.count
      append(UInt32(elements.count / size))
      bytes += elements
      return start
    case .tables(let tables):
      align(to: 4)
      let start = bytes.count
      append(UInt32(tables.count))
      bytes += [UInt8](repeating: 0, count: 4 * tables.count)
      for (index, table) in tables.enumerated() {
        let place = start + 4 + 4 * index
        point(from: place, at: write(table))
      }
      return start
    case .table(let fields): return writeTable(fields)
    }
  }

  private mutating func writeTable(_ fields: [FlatBufferValue?]) -> Int {
    var offsets: [Int] = []
    var inline: [UInt8] = [0, 0, 0, 0]
    for field in fields {
      guard let field else {
        offsets.append(0)
        continue
      }
      var content: [UInt8] = [0, 0, 0, 0]
      if case .inline(let bytes) = field { content = bytes }
      while inline.count % content.count != 0 { inline.append(0) }
      offsets.append(inline.count)
      inline += content
    }
    let listByteCount = 4 + 2 * fields.count
    align(to: 8, after: listByteCount)
    append(UInt16(listByteCount))
    append(UInt16(inline.count))
    for offset in offsets { append(UInt16(offset)) }
    let start = bytes.count
    bytes += inline
    set(FlatBufferValue.bytes(of: Int32(listByteCount)), at: start)
    for (field, offset) in zip(fields, offsets) {
      guard let field else { continue }
      if case .inline = field { continue }
      point(from: start + offset, at: write(field))
    }
    return start
  }
}
