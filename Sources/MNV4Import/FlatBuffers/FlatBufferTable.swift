internal import MNV4Core

/// The fields of a table of a schema, as cases in the schema's order; raw values are their names.
protocol FlatBufferField: RawRepresentable<String>, CaseIterable, Equatable {}

extension FlatBufferField {
  /// The field's place in the schema's table.
  var slot: Int { Self.allCases.prefix { $0 != self }.count }
}

/// A table of a FlatBuffers file. Its list of fields is checked when it is made, each field before it
/// is read.
struct FlatBufferTable {
  /// From the root table, such as `subgraphs[0].tensors[3]`; empty for the root itself.
  let path: String

  private let file: FlatBuffer
  private let position: Int
  private let byteCount: Int
  private let vtable: Range<Int>

  init(_ file: FlatBuffer, at position: Int, path: String) throws(FlatBufferError) {
    let name = path.isEmpty ? "root table" : path
    try file.spendTable(name)
    let start = position - Int(try file.integer(Int32.self, at: position, name))
    let vtableByteCount = Int(try file.integer(UInt16.self, at: start, name))
    guard vtableByteCount >= 4, vtableByteCount % 2 == 0 else {
      throw .vtableByteCount(table: name, found: vtableByteCount)
    }
    try file.require(vtableByteCount, at: start, name)
    let byteCount = Int(try file.integer(UInt16.self, at: start + 2, name))
    guard byteCount >= 4 else { throw .tableByteCount(table: name, found: byteCount) }
    try file.require(byteCount, at: position, name)
    self.path = path
    self.file = file
    self.position = position
    self.byteCount = byteCount
    vtable = start..<start + vtableByteCount
  }

  // MARK: Fields

  func path(of field: some FlatBufferField) -> String {
    path.isEmpty ? field.rawValue : "\(path).\(field.rawValue)"
  }

  func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ field: some FlatBufferField, default value: Value
  ) throws(FlatBufferError) -> Value {
    guard let place = try place(of: field, byteCount: MemoryLayout<Value>.size) else {
      return value
    }
    return try file.integer(Value.self, at: place, path(of: field))
  }

  func float(_ field: some FlatBufferField, default value: Float) throws(FlatBufferError) -> Float {
    Float(bitPattern: try integer(field, default: value.bitPattern))
  }

  /// A byte that is 0 or 1.
  func flag(_ field: some FlatBufferField, default value: Bool) throws(FlatBufferError) -> Bool {
    let byte: UInt8 = try integer(field, default: value ? 1 : 0)
    guard byte <= 1 else {
      throw .value(field: path(of: field), expected: "0 or 1", found: "\(byte)")
    }
    return byte == 1
  }

  /// UTF-8 text without its terminating zero; nil where the field is absent.
  func string(_ field: some FlatBufferField) throws(FlatBufferError) -> String? {
    guard let range = try vector(field, elementByteCount: 1) else { return nil }
    guard range.upperBound < file.bytes.byteCount,
      try file.integer(UInt8.self, at: range.upperBound, path(of: field)) == 0
    else { throw .unterminatedString(field: path(of: field)) }
    try file.spend(byteCount: range.count, path(of: field))
    guard
      let text = file.bytes.withUnsafeBytes({ String(validating: $0[range], as: UTF8.self) })
    else { throw .notUTF8(field: path(of: field)) }
    return text
  }

  /// Where the elements of a vector of bytes lie in the file; nil where the field is absent.
  func byteRange(_ field: some FlatBufferField) throws(FlatBufferError) -> Range<Int>? {
    try vector(field, elementByteCount: 1)
  }

  /// A vector of integers; nil where the field is absent.
  func integers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ field: some FlatBufferField, of type: Value.Type
  ) throws(FlatBufferError) -> [Value]? {
    let size = MemoryLayout<Value>.size
    guard let range = try vector(field, elementByteCount: size) else { return nil }
    try file.spend(byteCount: range.count, path(of: field))
    return file.bytes.withUnsafeBytes { bytes in
      stride(from: range.lowerBound, to: range.upperBound, by: size).map {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: type))
      }
    }
  }

  /// A vector of float32; nil where the field is absent.
  func floats(_ field: some FlatBufferField) throws(FlatBufferError) -> [Float]? {
    try integers(field, of: UInt32.self)?.map { Float(bitPattern: $0) }
  }

  /// A table; nil where the field is absent.
  func table(_ field: some FlatBufferField) throws(FlatBufferError) -> FlatBufferTable? {
    guard let place = try place(of: field, byteCount: 4) else { return nil }
    let name = path(of: field)
    return try FlatBufferTable(file, at: file.target(of: place, name), path: name)
  }

  /// A vector of tables; an absent field is an empty one.
  func tables(_ field: some FlatBufferField) throws(FlatBufferError) -> [FlatBufferTable] {
    guard let range = try vector(field, elementByteCount: 4) else { return [] }
    try file.spend(byteCount: range.count, path(of: field))
    var tables: [FlatBufferTable] = []
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
      let name = "\(path(of: field))[\(tables.count)]"
      tables.append(try FlatBufferTable(file, at: file.target(of: place, name), path: name))
    }
    return tables
  }

  /// Whether the field is there.
  func has(_ field: some FlatBufferField) throws(FlatBufferError) -> Bool {
    try place(of: field, byteCount: 1) != nil
  }

  /// Where the field's own bytes begin in the file; nil where the table does not have it.
  private func place(
    of field: some FlatBufferField, byteCount size: Int
  ) throws(FlatBufferError) -> Int? {
    let entry = vtable.lowerBound + 4 + 2 * field.slot
    guard entry + 2 <= vtable.upperBound else { return nil }
    let offset = Int(try file.integer(UInt16.self, at: entry, path(of: field)))
    guard offset != 0 else { return nil }
    guard offset >= 4, offset <= byteCount - size else {
      throw .fieldOffset(
        field: path(of: field), found: offset, byteCount: size, tableByteCount: byteCount)
    }
    return position + offset
  }

  private func vector(
    _ field: some FlatBufferField, elementByteCount: Int
  ) throws(FlatBufferError) -> Range<Int>? {
    guard let place = try place(of: field, byteCount: 4) else { return nil }
    return try file.elements(
      at: file.target(of: place, path(of: field)), elementByteCount: elementByteCount,
      path(of: field))
  }
}
