import MNV4Core

/// A tensor amid guards: every byte around it is 0xA5, or NaNs where it is an input.
struct GuardedTensor {
  private static let guardCount = 16
  private let buffer: AlignedBuffer
  private let count: Int

  /// An output of `count` elements, each of them poison.
  init(outputCount count: Int) throws {
    self.count = count
    buffer = try AlignedBuffer(byteCount: (count + Self.guardCount * 2) * 4)
    buffer.unsafeMutableBytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
  }

  /// An input; NaNs lie where kernels may read past its end.
  init(_ elements: [Float]) throws {
    count = elements.count
    buffer = try AlignedBuffer(byteCount: (count + Self.guardCount * 2) * 4)
    let all = buffer.pointer(as: Float.self)
    all.update(repeating: .nan, count: count + Self.guardCount * 2)
    (all + Self.guardCount).update(from: elements, count: count)
  }

  /// On a 64-byte boundary.
  var pointer: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(buffer.pointer(as: Float.self) + Self.guardCount)
  }

  var elements: [Float] {
    let start = pointer.assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  var bits: [UInt32] { elements.map(\.bitPattern) }

  /// Everything around the elements.
  var guardBits: [UInt32] {
    let all = UnsafeBufferPointer(
      start: buffer.pointer(as: UInt32.self), count: count + Self.guardCount * 2)
    return Array(all.prefix(Self.guardCount) + all.suffix(Self.guardCount))
  }
}
