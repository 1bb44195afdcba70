internal import MNV4Core

/// The fields of a ZIP file by their place: little-endian, unaligned, each checked to lie within it.
struct ZipFields {
  let bytes: AlignedBuffer

  init(_ bytes: AlignedBuffer) { self.bytes = bytes }

  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at offset: Int, _ place: String
  ) throws(ZipError) -> Value {
    let size = MemoryLayout<Value>.size
    guard offset >= 0, offset <= bytes.byteCount - size else { throw .truncated(place: place) }
    return bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }

  func expect<Value: FixedWidthInteger & BitwiseCopyable>(
    _ expected: Value, at offset: Int, _ place: String, _ field: String
  ) throws(ZipError) {
    let found = try integer(Value.self, at: offset, place)
    guard found == expected else {
      throw .field(place: place, field: field, expected: "\(expected)", found: "\(found)")
    }
  }

  func name(
    at offset: Int, byteCount: Int, limit: Int, _ place: String
  ) throws(ZipError) -> String {
    guard byteCount > 0, byteCount <= limit else {
      throw .field(
        place: place, field: "name length", expected: "1 to \(limit) bytes", found: "\(byteCount)")
    }
    guard offset >= 0, byteCount <= bytes.byteCount - offset else {
      throw .truncated(place: place)
    }
    let text = bytes.withUnsafeBytes {
      String(validating: $0[offset..<offset + byteCount], as: UTF8.self)
    }
    guard let text else {
      throw .field(place: place, field: "name", expected: "UTF-8", found: "other bytes")
    }
    return text
  }
}

/// Where the directory lies, by the records at the end of the file.
struct ZipDirectoryLocation {
  let range: Range<Int>
  let entryCount: Int

  private static let place = "ZIP end record"
  private static let widePlace = "ZIP64 end record"

  init(_ file: ZipFields) throws(ZipError) {
    let fileByteCount = file.bytes.byteCount
    let end = fileByteCount - 22
    guard end >= 0, try file.integer(UInt32.self, at: end, Self.place) == 0x0605_4B50,
      try file.integer(UInt16.self, at: end + 20, Self.place) == 0
    else { throw .endRecord(fileByteCount: fileByteCount) }
    try file.expect(0 as UInt16, at: end + 4, Self.place, "disk number")
    try file.expect(0 as UInt16, at: end + 6, Self.place, "directory's disk number")
    let narrow = (
      count: try file.integer(UInt16.self, at: end + 10, Self.place),
      byteCount: try file.integer(UInt32.self, at: end + 12, Self.place),
      offset: try file.integer(UInt32.self, at: end + 16, Self.place)
    )
    try file.expect(narrow.count, at: end + 8, Self.place, "entries on this disk")
    var (count, byteCount, offset) = (
      UInt64(narrow.count), UInt64(narrow.byteCount), UInt64(narrow.offset)
    )
    var directoryEnd = end
    let locator = end - 20
    if locator >= 0, try file.integer(UInt32.self, at: locator, Self.widePlace) == 0x0706_4B50 {
      // The record is 56 bytes and stands right before its locator.
      directoryEnd = locator - 56
      guard directoryEnd >= 0 else { throw .truncated(place: Self.widePlace) }
      try file.expect(UInt64(directoryEnd), at: locator + 8, Self.widePlace, "offset")
      try file.expect(0x0606_4B50 as UInt32, at: directoryEnd, Self.widePlace, "signature")
      try file.expect(44 as UInt64, at: directoryEnd + 4, Self.widePlace, "size")
      count = try file.integer(UInt64.self, at: directoryEnd + 32, Self.widePlace)
      try file.expect(count, at: directoryEnd + 24, Self.widePlace, "entries on this disk")
      byteCount = try file.integer(UInt64.self, at: directoryEnd + 40, Self.widePlace)
      offset = try file.integer(UInt64.self, at: directoryEnd + 48, Self.widePlace)
      try Self.check(UInt64(narrow.count), .init(UInt16.max), count, "entries")
      try Self.check(UInt64(narrow.byteCount), .init(UInt32.max), byteCount, "directory size")
      try Self.check(UInt64(narrow.offset), .init(UInt32.max), offset, "directory offset")
    }
    guard count <= UInt64(ZipArchive.maximumEntryCount) else {
      throw .field(
        place: Self.place, field: "entries", expected: "at most \(ZipArchive.maximumEntryCount)",
        found: "\(count)")
    }
    guard offset <= UInt64(directoryEnd), byteCount == UInt64(directoryEnd) - offset else {
      throw .field(
        place: Self.place, field: "directory",
        expected: "bytes that end at \(directoryEnd), where the record begins",
        found: "\(byteCount) bytes at \(offset)")
    }
    range = Int(offset)..<directoryEnd
    entryCount = Int(count)
  }

  /// A field of the plain record is that of the ZIP64 record, or all ones.
  private static func check(
    _ narrow: UInt64, _ open: UInt64, _ wide: UInt64, _ field: String
  ) throws(ZipError) {
    guard narrow == wide || narrow == open else {
      throw .field(place: place, field: field, expected: "\(wide)", found: "\(narrow)")
    }
  }
}

/// The ZIP64 values of an extra field, taken in turn where a plain field is all ones.
struct ZipWideFields {
  private let file: ZipFields
  private let place: String
  private var values: Range<Int>

  init(_ file: ZipFields, _ extra: Range<Int>, _ place: String) throws(ZipError) {
    self.file = file
    self.place = place
    values = extra.lowerBound..<extra.lowerBound
    guard extra.upperBound <= file.bytes.byteCount else { throw .truncated(place: place) }
    var position = extra.lowerBound
    while position < extra.upperBound {
      let identifier = try file.integer(UInt16.self, at: position, place)
      let byteCount = Int(try file.integer(UInt16.self, at: position + 2, place))
      let start = position + 4
      guard start <= extra.upperBound, byteCount <= extra.upperBound - start else {
        throw .truncated(place: "\(place): extra field")
      }
      if identifier == 1, values.isEmpty { values = start..<start + byteCount }
      position = start + byteCount
    }
  }

  mutating func value(_ narrow: UInt32) throws(ZipError) -> Int {
    guard narrow == .max else { return Int(narrow) }
    guard values.count >= 8 else {
      throw .field(
        place: place, field: "ZIP64 field", expected: "8 bytes", found: "\(values.count)")
    }
    let wide = try file.integer(UInt64.self, at: values.lowerBound, place)
    values = values.lowerBound + 8..<values.upperBound
    guard let value = Int(exactly: wide) else {
      throw .field(
        place: place, field: "ZIP64 field", expected: "at most \(Int.max)", found: "\(wide)")
    }
    return value
  }
}
