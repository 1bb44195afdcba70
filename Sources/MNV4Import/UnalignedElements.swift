internal import MNV4Core

/// Elements that are not row major: how far apart the indices of each dimension lie.
///
/// No extent is 0, there are no more elements than positions, and every offset fits in an `Int`.
struct StridedLayout {
  let shape: [Int]
  let strides: [Int]

  var elementCount: Int { shape.reduce(1, *) }

  /// Calls `body` with the offset of each element, in row-major order.
  @inline(__always)
  func forEachOffset(_ body: (Int) -> Void) {
    var index = [Int](repeating: 0, count: shape.count)
    var offset = 0
    while true {
      body(offset)
      var dimension = shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        offset += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        offset -= index[dimension] * strides[dimension]
        index[dimension] = 0
        dimension -= 1
      }
      if dimension < 0 { return }
    }
  }
}

extension ByteSlice {
  /// The bytes read as elements of one type, wherever they lie, each put through `transform`.
  ///
  /// Bytes beyond the last whole element are left out.
  ///
  /// - Parameter layout: the elements to take, all of which lie within the bytes, and their order;
  ///   nil for all of them as they come.
  @inline(__always)
  func map<Element: BitwiseCopyable>(
    _ type: Element.Type, _ layout: StridedLayout? = nil, _ transform: (Element) -> Float
  ) -> [Float] {
    let size = MemoryLayout<Element>.stride
    let count = layout?.elementCount ?? byteCount / size
    return buffer.withUnsafeBytes { bytes in
      let source = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + byteCount])
      return [Float](unsafeUninitializedCapacity: count) { target, initializedCount in
        if let layout {
          var position = 0
          layout.forEachOffset { offset in
            let element = source.loadUnaligned(fromByteOffset: offset * size, as: type)
            target.initializeElement(at: position, to: transform(element))
            position += 1
          }
        } else {
          for index in 0..<count {
            let element = source.loadUnaligned(fromByteOffset: index &* size, as: type)
            target.initializeElement(at: index, to: transform(element))
          }
        }
        initializedCount = count
      }
    }
  }
}
