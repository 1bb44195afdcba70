/// Bytes that a guard of 0xA5 follows, which kernels may read but not write.
struct GuardedBytes {
  private let pages: GuardedPages
  private let count: Int

  /// An output of `count` bytes, each of them poison.
  init(outputCount count: Int) throws {
    self.count = count
    pages = try GuardedPages(byteCount: count)
    pages.bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
  }

  init(_ bytes: [UInt8]) throws {
    try self.init(outputCount: bytes.count)
    pages.bytes.copyBytes(from: bytes)
  }

  /// On a 64-byte boundary.
  var pointer: UnsafeMutableRawPointer { pages.pointer }

  /// Whether the bytes are `expected`.
  func equals(_ expected: [UInt8]) -> Bool {
    expected.count == count && pages.begin(with: expected)
  }

  var bytes: [UInt8] { Array(pages.bytes.prefix(count)) }

  /// Whether nothing after the bytes was written.
  var isWhole: Bool { pages.bytes.dropFirst(count).allSatisfy { $0 == 0xA5 } }
}
