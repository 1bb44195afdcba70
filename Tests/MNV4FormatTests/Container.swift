import MNV4Core

/// A file put together by hand from the text of the specification, with nothing of the encoder.
struct Container {
  var sections: [(kind: UInt32, bytes: [UInt8])]

  /// The bytes of a file with correct offsets, lengths and checksums.
  var file: [UInt8] {
    var bytes: [UInt8] = [0x8D, 0x4D, 0x4E, 0x56, 0x0D, 0x0A, 0x1A, 0x0A]
    bytes.put(UInt32(1))
    bytes.put(UInt32(sections.count))
    let entries = 32 + 32 * sections.count
    bytes += [UInt8](repeating: 0, count: entries - bytes.count)
    for (index, section) in sections.enumerated() {
      bytes.pad(to: 64)
      let entry = 32 + 32 * index
      bytes.set(section.kind, at: entry)
      bytes.set(UInt64(bytes.count), at: entry + 8)
      bytes.set(UInt64(section.bytes.count), at: entry + 16)
      bytes += section.bytes
    }
    bytes.set(UInt64(bytes.count), at: 16)
    Self.seal(&bytes)
    return bytes
  }

  init(sections: [(kind: UInt32, bytes: [UInt8])]) { self.sections = sections }

  /// The sections of a sound file.
  init(taking file: [UInt8]) {
    let count = Int(file.get(UInt32.self, at: 12))
    sections = (0..<count).map { index in
      let entry = 32 + 32 * index
      let offset = Int(file.get(UInt64.self, at: entry + 8))
      let length = Int(file.get(UInt64.self, at: entry + 16))
      return (file.get(UInt32.self, at: entry), Array(file[offset..<offset + length]))
    }
  }

  subscript(_ kind: UInt32) -> [UInt8] {
    get { sections.first { $0.kind == kind }?.bytes ?? [] }
    set {
      if let index = sections.firstIndex(where: { $0.kind == kind }) {
        sections[index].bytes = newValue
      } else {
        sections.append((kind, newValue))
      }
    }
  }

  /// Sets every checksum to that of the bytes as they are, where the table points into the file.
  static func seal(_ file: inout [UInt8]) {
    guard file.count >= 32 else { return }
    let count = Int(file.get(UInt32.self, at: 12))
    guard count <= 1000, 32 + 32 * count <= file.count else { return }
    for entry in stride(from: 32, to: 32 + 32 * count, by: 32) {
      let offset = file.get(UInt64.self, at: entry + 8)
      let length = file.get(UInt64.self, at: entry + 16)
      let (end, overflow) = offset.addingReportingOverflow(length)
      guard !overflow, end <= UInt64(file.count) else { continue }
      file.set(crc32c(file[Int(offset)..<Int(end)]), at: entry + 24)
    }
    file.set(crc32c(file[0..<28] + file[32..<32 + 32 * count]), at: 28)
  }

  /// CRC-32C, a bit at a time over a table of nibbles.
  static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      crc = (crc >> 4) ^ nibbles[Int(crc & 15)]
      crc = (crc >> 4) ^ nibbles[Int(crc & 15)]
    }
    return ~crc
  }

  private static let nibbles: [UInt32] = (0..<16).map { nibble in
    (0..<4).reduce(UInt32(nibble)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
  }
}

extension [UInt8] {
  mutating func put(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func put(_ value: Float) { put(value.bitPattern) }

  mutating func put(text: String) {
    put(UInt16(text.utf8.count))
    self += text.utf8
  }

  mutating func pad(to alignment: Int) {
    while count % alignment != 0 { append(0) }
  }

  mutating func set(_ value: some FixedWidthInteger, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { source in
      for (index, byte) in source.enumerated() { self[offset + index] = byte }
    }
  }

  func get<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
    var value: Value = 0
    for index in (0..<MemoryLayout<Value>.size).reversed() {
      value = (value << 8) | Value(truncatingIfNeeded: self[offset + index])
    }
    return value
  }

  /// The bytes as a file that was read.
  var buffer: AlignedBuffer {
    get throws {
      let buffer = try AlignedBuffer(byteCount: count)
      buffer.unsafeMutableBytes.copyBytes(from: self)
      return buffer
    }
  }
}
