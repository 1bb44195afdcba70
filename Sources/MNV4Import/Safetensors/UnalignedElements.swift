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
    return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
      withElements(as: UInt8.self) { bytes in
        let source = UnsafeRawBufferPointer(bytes)
        for index in 0..<count {
          let offset = index * MemoryLayout<Element>.stride
          target.initializeElement(
            at: index, to: transform(source.loadUnaligned(fromByteOffset: offset, as: type)))
        }
      }
      initializedCount = count
    }
  }
}
