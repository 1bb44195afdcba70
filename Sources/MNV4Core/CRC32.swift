/// A 32-bit cyclic redundancy check, bits reflected, start and final exclusive-or 0xFFFFFFFF.
package struct CRC32: Sendable {
  /// CRC-32C (Castagnoli), as in iSCSI (RFC 3720, section 12.1): polynomial 0x1EDC6F41; the check
  /// value, that of the nine bytes "123456789", is 0xE3069283. For `.mnv4` files.
  package static let castagnoli = CRC32(reflectedPolynomial: 0x82F6_3B78)

  /// CRC-32 of ISO 3309: polynomial 0x04C11DB7; the check value is 0xCBF43926. For PNG and ZIP files.
  package static let iso = CRC32(reflectedPolynomial: 0xEDB8_8320)

  /// Sixteen tables of 256: table `n` advances a byte past `n` bytes of zero.
  private let tables: [UInt32]

  private init(reflectedPolynomial: UInt32) {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for index in 0..<256 {
      var crc = UInt32(index)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ reflectedPolynomial : crc >> 1 }
      tables[index] = crc
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
    }
    self.tables = tables
  }

  package func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    checksum([bytes])
  }

  /// The checksum of all parts as if they were one.
  package func checksum(_ parts: [UnsafeRawBufferPointer]) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      ~parts.reduce(0xFFFF_FFFF) { state, part in
        guard let start = part.baseAddress, let tables = tables.baseAddress else { return state }
        return Self.advance(state, start, part.count, tables)
      }
    }
  }

  /// Sixteen bytes a step, each looked up in the table of its distance to the end of the step.
  private static func advance(
    _ state: UInt32, _ start: UnsafeRawPointer, _ count: Int, _ tables: UnsafePointer<UInt32>
  ) -> UInt32 {
    var crc = state
    var position = 0
    while count &- position >= 16 {
      let low =
        UInt64(littleEndian: start.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        ^ UInt64(crc)
      let high = UInt64(
        littleEndian: start.loadUnaligned(fromByteOffset: position &+ 8, as: UInt64.self))
      let first =
        tables[15 &* 256 &+ Int(truncatingIfNeeded: low & 0xFF)]
        ^ tables[14 &* 256 &+ Int(truncatingIfNeeded: (low &>> 8) & 0xFF)]
        ^ tables[13 &* 256 &+ Int(truncatingIfNeeded: (low &>> 16) & 0xFF)]
        ^ tables[12 &* 256 &+ Int(truncatingIfNeeded: (low &>> 24) & 0xFF)]
      let second =
        tables[11 &* 256 &+ Int(truncatingIfNeeded: (low &>> 32) & 0xFF)]
        ^ tables[10 &* 256 &+ Int(truncatingIfNeeded: (low &>> 40) & 0xFF)]
        ^ tables[9 &* 256 &+ Int(truncatingIfNeeded: (low &>> 48) & 0xFF)]
        ^ tables[8 &* 256 &+ Int(truncatingIfNeeded: low &>> 56)]
      let third =
        tables[7 &* 256 &+ Int(truncatingIfNeeded: high & 0xFF)]
        ^ tables[6 &* 256 &+ Int(truncatingIfNeeded: (high &>> 8) & 0xFF)]
        ^ tables[5 &* 256 &+ Int(truncatingIfNeeded: (high &>> 16) & 0xFF)]
        ^ tables[4 &* 256 &+ Int(truncatingIfNeeded: (high &>> 24) & 0xFF)]
      let fourth =
        tables[3 &* 256 &+ Int(truncatingIfNeeded: (high &>> 32) & 0xFF)]
        ^ tables[2 &* 256 &+ Int(truncatingIfNeeded: (high &>> 40) & 0xFF)]
        ^ tables[256 &+ Int(truncatingIfNeeded: (high &>> 48) & 0xFF)]
        ^ tables[Int(truncatingIfNeeded: high &>> 56)]
      crc = first ^ second ^ third ^ fourth
      position = position &+ 16
    }
    while position < count {
      let byte = start.load(fromByteOffset: position, as: UInt8.self)
      crc = (crc &>> 8) ^ tables[Int(truncatingIfNeeded: (crc ^ UInt32(byte)) & 0xFF)]
      position = position &+ 1
    }
    return crc
  }
}
