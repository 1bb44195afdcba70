/// A tensor that a guard follows: bytes of 0xA5, or NaNs where it is an input.
struct GuardedTensor {
  private let pages: GuardedPages
  private let count: Int

  /// An output of `count` elements, each of them poison.
  init(outputCount count: Int) throws {
    self.count = count
    pages = try GuardedPages(byteCount: count * 4)
    pages.bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
  }

  /// An input; NaNs lie where kernels may read past its end.
  init(_ elements: [Float]) throws {
    count = elements.count
    pages = try GuardedPages(byteCount: count * 4)
    let all = pages.bytes.bindMemory(to: Float.self)
    all.update(repeating: .nan)
    elements.withUnsafeBytes { pages.bytes.copyMemory(from: $0) }
  }

  /// On a 64-byte boundary.
  var pointer: UnsafeMutableRawPointer { pages.pointer }

  var elements: [Float] {
    let start = pointer.assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// Whether the elements are `expected`, bit by bit.
  func equals(_ expected: [Float]) -> Bool {
    expected.count == count && pages.begin(with: expected)
  }

  var bits: [UInt32] { elements.map(\.bitPattern) }

  /// What follows the elements.
  var guardBits: [UInt32] {
    pages.bytes.dropFirst(count * 4).map(UInt32.init)
  }
}
