#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Memory that starts on a 64-byte boundary and may be read `padding` bytes past its end.
///
/// Kernels load whole vectors, so the last load of a tensor may reach past it; what they find there
/// never enters a result.
///
/// `@unchecked Sendable`: a buffer is written by the one owner that created it (a file being read,
/// weights being packed, the arena of one session) and, once shared between threads, only read.
package final class AlignedBuffer: @unchecked Sendable {
  package static let alignment = 64
  package static let padding = 64
  /// No request above this is tried: the limit of what a weight file or an arena may ask for.
  package static let maximumByteCount = 1 << 36

  /// Buffers of this size and more ask for huge pages, so that weights which one row passes over are read as
  /// fast as memory gives them: looking up a page every 4 KiB costs an eighth of that.
  private static let hugePageByteCount = 1 << 21

  package let byteCount: Int
  private let base: UnsafeMutableRawPointer

  /// Zeroed memory; with `zeroed` false, only the padding is, for an owner that writes every byte.
  package init(byteCount: Int, zeroed: Bool = true) throws(AllocationError) {
    precondition(byteCount >= 0)
    guard byteCount <= Self.maximumByteCount else { throw AllocationError(byteCount: byteCount) }
    let padded = (byteCount + Self.padding + Self.alignment - 1) & ~(Self.alignment - 1)
    let isLarge = padded >= Self.hugePageByteCount
    let alignment = isLarge ? Self.hugePageByteCount : Self.alignment
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, alignment, padded) == 0, let pointer else {
      throw AllocationError(byteCount: byteCount)
    }
    #if os(Linux)
      // A wish: memory is as good where the system has no huge pages.
      if isLarge { _ = madvise(pointer, padded, MADV_HUGEPAGE) }
    #endif
    let filledByteCount = zeroed ? 0 : byteCount
    memset(pointer + filledByteCount, 0, padded - filledByteCount)
    self.byteCount = byteCount
    self.base = pointer
  }

  deinit { free(base) }

  /// Calls `body` with the bytes, without the padding, which are valid until it returns.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(self) { () throws(Failure) in
      try body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }
  }

  /// The bytes, without the padding, for an owner that outlives every use of them.
  ///
  /// Not for a local variable: its last use, this call, may end the buffer's life. Use
  /// `withUnsafeBytes` there.
  package var unsafeBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: byteCount)
  }

  /// The bytes for their one writer, under the same rule.
  package var unsafeMutableBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }

  /// The address of `offset`, a multiple of the element's size within the buffer, under the same
  /// rule.
  package func pointer<Element: BitwiseCopyable>(
    at offset: Int = 0, as type: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    precondition(offset >= 0 && offset <= byteCount)
    return (base + offset).assumingMemoryBound(to: type)
  }

  /// A buffer that holds a copy of `elements`.
  package convenience init<Element: BitwiseCopyable>(
    copying elements: UnsafeBufferPointer<Element>
  ) throws(AllocationError) {
    let source = UnsafeRawBufferPointer(elements)
    try self.init(byteCount: source.count, zeroed: false)
    unsafeMutableBytes.copyMemory(from: source)
  }
}

/// The system has no such amount of memory to give.
package struct AllocationError: Error, Hashable, CustomStringConvertible {
  package let byteCount: Int

  package init(byteCount: Int) { self.byteCount = byteCount }

  package var description: String { "cannot allocate \(byteCount) bytes" }
}
