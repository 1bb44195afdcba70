/// A run of bytes inside a shared buffer: a tensor of a weight file that was read once.
package struct ByteSlice: Sendable {
  package let buffer: AlignedBuffer
  package let offset: Int
  package let byteCount: Int

  /// `offset` and `byteCount` lie within the buffer.
  package init(buffer: AlignedBuffer, offset: Int, byteCount: Int) {
    precondition(offset >= 0 && byteCount >= 0 && byteCount <= buffer.byteCount - offset)
    self.buffer = buffer
    self.offset = offset
    self.byteCount = byteCount
  }

  /// The whole of `buffer`.
  package init(_ buffer: AlignedBuffer) {
    self.init(buffer: buffer, offset: 0, byteCount: buffer.byteCount)
  }

  /// Reads the bytes as elements of one type.
  ///
  /// The offset must be a multiple of the element's alignment.
  package func withElements<Element: BitwiseCopyable, Result, Failure: Error>(
    as type: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(offset % MemoryLayout<Element>.alignment == 0)
    let start = buffer.pointer(at: offset, as: Element.self)
    let elements = UnsafeBufferPointer(
      start: UnsafePointer(start), count: byteCount / MemoryLayout<Element>.stride)
    return try withExtendedLifetime(buffer) { () throws(Failure) in try body(elements) }
  }
}
