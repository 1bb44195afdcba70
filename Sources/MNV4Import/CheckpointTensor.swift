internal import MNV4Core
internal import MNV4Graph

/// One tensor of a checkpoint.
package struct CheckpointTensor: Hashable, Sendable {
  package let name: String
  package let elementType: CheckpointElementType
  /// Outermost first. Empty for a scalar; an extent may be 0.
  package let shape: [Int]
  /// From the first byte of its elements to the last, counted from the start of the file. Any
  /// alignment.
  package let byteRange: Range<Int>
  /// Elements from one index of each dimension to the next; nil for row major without gaps.
  package let strides: [Int]?

  init(
    name: String, elementType: CheckpointElementType, shape: [Int], byteRange: Range<Int>,
    strides: [Int]? = nil
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.byteRange = byteRange
    self.strides = strides
  }

  /// A view of a storage whose bytes begin at `storageStart`; the element type has whole bytes.
  init(
    _ name: String, _ view: PickleHeap.Tensor, _ elementType: CheckpointElementType,
    storageStart: Int
  ) {
    let size = elementType.bitCount / 8
    let isEmpty = view.shape.contains(0)
    // The stride of a dimension of one index is never taken.
    let strides = zip(view.shape, view.strides).map { $0 > 1 ? $1 : 0 }
    var span = isEmpty ? 0 : 1
    var rowMajor = 1
    var isRowMajor = true
    if !isEmpty {
      for (extent, stride) in zip(view.shape, strides).reversed() where extent > 1 {
        if stride != rowMajor { isRowMajor = false }
        span += (extent - 1) * stride
        rowMajor *= extent
      }
    }
    let start = storageStart + view.offset * size
    self.init(
      name: name, elementType: elementType, shape: view.shape,
      byteRange: start..<start + span * size, strides: isRowMajor ? nil : strides)
  }

  /// The elements as float32, row major; `file` holds the tensor's bytes.
  ///
  /// F32, F16 and BF16 are exact; F64 is rounded to the nearest. Other element types are refused,
  /// and so is a value that is NaN, infinite, or infinite once rounded.
  func floats(in file: AlignedBuffer) throws(WeightError) -> [Float] {
    let source = ByteSlice(buffer: file, offset: byteRange.lowerBound, byteCount: byteRange.count)
    let layout = strides.map { StridedLayout(shape: shape, strides: $0) }
    let floats: [Float]
    switch elementType {
    case .float32:
      floats = source.map(UInt32.self, layout) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float16:
      floats = source.map(UInt16.self, layout) { float32(float16: UInt16(littleEndian: $0)) }
    case .bfloat16:
      floats = source.map(UInt16.self, layout) {
        Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16)
      }
    case .float64:
      floats = source.map(UInt64.self, layout) {
        Float(Double(bitPattern: UInt64(littleEndian: $0)))
      }
    case .bool, .float4, .float6E2M3, .float6E3M2, .uint8, .int8, .float8E5M2, .float8E4M3,
      .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ, .int16, .uint16, .int32, .uint32,
      .complex64, .int64, .uint64:
      throw .elementType(
        key: name, expected: "F32, F16, BF16 or F64", found: elementType.rawValue)
    }
    // A maximum of bit patterns vectorizes; a search that may stop does not.
    let largest = floats.reduce(0) { max($0, $1.bitPattern & 0x7FFF_FFFF) }
    if largest >= Float.infinity.bitPattern,
      let position = floats.firstIndex(where: { !$0.isFinite })
    {
      throw .notFinite(key: name, index: position, found: "\(floats[position])")
    }
    return floats
  }
}
