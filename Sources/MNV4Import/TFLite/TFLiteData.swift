internal import MNV4Core
internal import MNV4Graph

/// The elements of a file's constants.
struct TFLiteData {
  let tensors: [TFLiteTensor]
  private let file: AlignedBuffer

  init(_ model: TFLiteModel) {
    tensors = model.tensors
    file = model.file
  }

  /// The shape of a constant, whose bytes are those of so many elements.
  func shape(_ index: Int, place: String) throws(TFLiteError) -> Shape {
    let tensor = tensors[index]
    guard !tensor.isSparse else { throw .unsupported(place: place, "a sparse tensor") }
    guard let size = tensor.elementType.byteCount else {
      throw .unsupported(place: place, "a constant of \(tensor.elementType.name)")
    }
    let shape: Shape
    do { shape = try Shape(tensor.shape.isEmpty ? [1] : tensor.shape) } catch {
      throw TFLiteError(place, .shape(error))
    }
    guard tensor.byteRange.count == shape.elementCount * size else {
      throw .field(
        place: place, "data", expected: "\(shape.elementCount * size) bytes",
        found: "\(tensor.byteRange.count)")
    }
    return shape
  }

  func slice(_ index: Int) -> ByteSlice {
    let range = tensors[index].byteRange
    return ByteSlice(buffer: file, offset: range.lowerBound, byteCount: range.count)
  }

  /// The elements of a constant whose shape was checked, wherever they lie.
  func bytes<Element: FixedWidthInteger & BitwiseCopyable>(
    _ index: Int, of type: Element.Type
  ) -> [Element] {
    let range = tensors[index].byteRange
    return file.withUnsafeBytes { bytes in
      stride(from: range.lowerBound, to: range.upperBound, by: MemoryLayout<Element>.size).map {
        Element(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: type))
      }
    }
  }

  func integers(_ index: Int) -> [Int]? {
    let type = tensors[index].elementType
    guard type == .int32 || type == .int64, tensors[index].byteRange.count <= 1 << 10,
      (try? shape(index, place: "")) != nil
    else { return nil }
    return type == .int32
      ? bytes(index, of: Int32.self).map(Int.init) : bytes(index, of: Int64.self).map(Int.init)
  }

  func integerType(_ index: Int, place: String) throws(TFLiteError) -> ElementType {
    switch tensors[index].elementType {
    case .int8: return .int8
    case .uint8: return .uint8
    case .float32, .float16, .int32, .int64, .string, .bool, .int16, .complex64, .float64,
      .complex128, .uint64, .resource, .variant, .uint32, .uint16, .int4, .bfloat16:
      throw .field(
        place: place, "type", expected: "INT8 or UINT8 beside integers",
        found: tensors[index].elementType.name)
    }
  }

  // MARK: Real numbers

  /// The file's own bytes where they are finite float32 at an offset that can be read in place; nil
  /// where they are something else.
  func floatSlice(_ index: Int, place: String) throws(TFLiteError) -> ByteSlice? {
    let range = tensors[index].byteRange
    guard tensors[index].elementType == .float32,
      range.lowerBound % MemoryLayout<Float>.alignment == 0
    else { return nil }
    _ = try shape(index, place: place)
    let slice = slice(index)
    let stranger = slice.withElements(as: Float.self) { elements in
      elements.firstIndex { !$0.isFinite }.map { ($0, elements[$0]) }
    }
    if let (position, value) = stranger { throw Self.notFinite(value, at: position, place) }
    return slice
  }

  /// Exact, but for integers: s · (q − z) in float64, then rounded to the nearest float32.
  func floats(_ index: Int, place: String) throws(TFLiteError) -> [Float] {
    let tensor = tensors[index]
    let shape = try shape(index, place: place)
    let floats: [Float]
    switch tensor.elementType {
    case .float32: floats = bytes(index, of: UInt32.self).map { Float(bitPattern: $0) }
    case .float16: floats = bytes(index, of: UInt16.self).map { float32(float16: $0) }
    case .bfloat16:
      floats = bytes(index, of: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case .int8:
      floats = try reals(index, bytes(index, of: Int8.self), .int8, shape, place)
    case .uint8:
      floats = try reals(index, bytes(index, of: UInt8.self), .uint8, shape, place)
    case .int32, .int64, .string, .bool, .int16, .complex64, .float64, .complex128, .uint64,
      .resource, .variant, .uint32, .uint16, .int4:
      throw .field(
        place: place, "type", expected: "FLOAT32, FLOAT16, BFLOAT16, INT8 or UINT8",
        found: tensor.elementType.name)
    }
    if let position = floats.firstIndex(where: { !$0.isFinite }) {
      throw Self.notFinite(floats[position], at: position, place)
    }
    return floats
  }

  private func reals(
    _ index: Int, _ integers: [some FixedWidthInteger], _ type: ElementType, _ shape: Shape,
    _ place: String
  ) throws(TFLiteError) -> [Float] {
    guard let quantization = tensors[index].quantization else {
      throw .field(place: place, "quantization", expected: "scales", found: "none")
    }
    let axis = quantization.scales.count == 1 ? nil : quantization.dimension
    let parameters = try quantization.parameters(
      shape: shape, elementType: type, axis: axis, place: place)
    let inner = axis.map { shape.dimensions[($0 + 1)...].reduce(1, *) } ?? shape.elementCount
    return integers.enumerated().map { position, integer in
      let pair = position / inner % parameters.scales.count
      let steps = Double(integer) - Double(parameters.zeroPoints[pair])
      return Float(Double(parameters.scales[pair]) * steps)
    }
  }

  private static func notFinite(_ value: Float, at index: Int, _ place: String) -> TFLiteError {
    .field(place: place, "element \(index)", expected: "a finite number", found: "\(value)")
  }
}

extension TFLiteElementType {
  /// Of one element; nil for those that are not read.
  fileprivate var byteCount: Int? {
    switch self {
    case .int8, .uint8: 1
    case .float16, .bfloat16: 2
    case .float32, .int32: 4
    case .int64: 8
    case .string, .bool, .int16, .complex64, .float64, .complex128, .uint64, .resource, .variant,
      .uint32, .uint16, .int4:
      nil
    }
  }
}

extension TFLiteQuantization {
  /// The parameters for a tensor of that shape; checks scales and zero points.
  ///
  /// - Parameter axis: what the pairs run along in the graph; nil for one pair.
  func parameters(
    shape: Shape, elementType: ElementType, axis: Int?, place: String
  ) throws(TFLiteError) -> QuantizationParameters {
    let zeroPoints = zeroPoints.compactMap { Int32(exactly: $0) }
    guard zeroPoints.count == scales.count else {
      throw .field(
        place: place, "zero_point", expected: "numbers of 32 bits",
        found: self.zeroPoints.first { Int32(exactly: $0) == nil }.map { "\($0)" } ?? "none")
    }
    do throws(QuantizationError) {
      return try QuantizationParameters(
        scales: scales, zeroPoints: zeroPoints, axis: axis, shape: shape, elementType: elementType)
    } catch {
      throw TFLiteError(place, .quantization(error))
    }
  }
}
