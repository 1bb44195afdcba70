import MNV4Core

/// Bytes amid guards of 0xA5, which kernels may read after them but not write.
struct GuardedBytes {
  private static let guardCount = 64
  private let buffer: AlignedBuffer
  private let count: Int

  /// An output of `count` bytes, each of them poison.
  init(outputCount count: Int) throws {
    self.count = count
    buffer = try AlignedBuffer(byteCount: count + Self.guardCount * 2)
    buffer.unsafeMutableBytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
  }

  init(_ bytes: [UInt8]) throws {
    try self.init(outputCount: bytes.count)
    bytes.withUnsafeBytes { pointer.copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
  }

  /// On a 64-byte boundary.
  var pointer: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(buffer.pointer(at: Self.guardCount, as: UInt8.self))
  }

  /// Whether the bytes are `expected`.
  func equals(_ expected: [UInt8]) -> Bool {
    buffer.withUnsafeBytes { all in
      expected.withUnsafeBytes { expected in
        expected.count == count
          && all[Self.guardCount..<Self.guardCount + count].elementsEqual(expected)
      }
    }
  }

  var bytes: [UInt8] {
    buffer.withUnsafeBytes { Array($0[Self.guardCount..<Self.guardCount + count]) }
  }

  /// Whether nothing around the bytes was written.
  var isWhole: Bool {
    buffer.withUnsafeBytes { all in
      all.prefix(Self.guardCount).allSatisfy { $0 == 0xA5 }
        && all.suffix(Self.guardCount).allSatisfy { $0 == 0xA5 }
    }
  }
}
