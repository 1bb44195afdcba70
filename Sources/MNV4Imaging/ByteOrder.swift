/// The order of an integer's bytes in a file.
enum ByteOrder {
  case bigEndian
  case littleEndian
}

/// Integers of picture files: nil past the end.
extension UnsafeRawBufferPointer {
  func unsigned16(at offset: Int, _ order: ByteOrder = .bigEndian) -> Int? {
    guard offset >= 0, offset <= count - 2 else { return nil }
    let value = loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return Int(order == .bigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value))
  }

  func unsigned32(at offset: Int, _ order: ByteOrder = .bigEndian) -> Int? {
    guard offset >= 0, offset <= count - 4 else { return nil }
    let value = loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return Int(order == .bigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value))
  }

  /// `range`, which lies within the buffer, as a buffer of its own.
  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }
}
