/// The checksum of PNG chunks (ISO 3309, polynomial 0xEDB88320).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320
    }
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var value: UInt32 = 0xFFFF_FFFF
      for byte in bytes {
        value = (value >> 8) ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
      return ~value
    }
  }
}
