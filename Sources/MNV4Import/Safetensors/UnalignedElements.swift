internal import MNV4Core

extension ByteSlice {
  /// The bytes read as elements of one type, wherever they lie, each put through `transform`.
  ///
  /// Bytes beyond the last whole element are left out.
  @inline(__always)
  func map<Element: BitwiseCopyable>(
    _ type: Element.Type, _ transform: (Element) -> Float
  ) -> [Float] {
    let count = byteCount / MemoryLayout<Element>.stride
    return withExtendedLifetime(buffer) {
      let source = UnsafeRawBufferPointer(rebasing: buffer.unsafeBytes[offset..<offset + byteCount])
      return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
        for index in 0..<count {
          let element = source.loadUnaligned(
            fromByteOffset: index &* MemoryLayout<Element>.stride, as: type)
          target.initializeElement(at: index, to: transform(element))
        }
        initializedCount = count
      }
    }
  }
}
