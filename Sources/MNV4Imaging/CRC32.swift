/// The checksum of PNG chunks (ISO 3309, polynomial 0xEDB88320), eight bytes at a time.
enum CRC32 {
  /// Eight tables of 256: table `k` holds the checksums of a byte followed by `k` zeros.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
      tables.append(value)
    }
    for index in 256..<2048 {
      let value = tables[index - 256]
      tables.append((value >> 8) ^ tables[Int(value & 255)])
    }
    return tables
  }()

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var value: UInt32 = 0xFFFF_FFFF
      let blockEnd = bytes.count & ~7
      for start in stride(from: 0, to: blockEnd, by: 8) {
        let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        var mixed = UInt64(littleEndian: word) ^ UInt64(value)
        value = 0
        for table in stride(from: 7 * 256, through: 0, by: -256) {
          value ^= tables[table + Int(mixed & 255)]
          mixed >>= 8
        }
      }
      for byte in bytes[blockEnd...] {
        value = (value >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
      return ~value
    }
  }
}
