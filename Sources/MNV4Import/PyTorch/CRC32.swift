/// The checksum of ZIP entries (APPNOTE 6.3.10, section 4.4.7; polynomial 0xEDB88320), eight bytes at
/// a time; that of the nine bytes "123456789" is 0xCBF43926.
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
        let mixed = UInt64(littleEndian: word) ^ UInt64(value)
        let low =
          tables[7 &* 256 &+ Int(mixed & 255)] ^ tables[6 &* 256 &+ Int(mixed &>> 8 & 255)]
          ^ tables[5 &* 256 &+ Int(mixed &>> 16 & 255)]
          ^ tables[4 &* 256 &+ Int(mixed &>> 24 & 255)]
        let high =
          tables[3 &* 256 &+ Int(mixed &>> 32 & 255)] ^ tables[2 &* 256 &+ Int(mixed &>> 40 & 255)]
          ^ tables[256 &+ Int(mixed &>> 48 & 255)] ^ tables[Int(mixed &>> 56)]
        value = low ^ high
      }
      for byte in bytes[blockEnd...] {
        value = (value >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
      return ~value
    }
  }
}
