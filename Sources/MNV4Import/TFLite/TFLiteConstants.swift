internal import MNV4Core
internal import MNV4Graph

/// The constants of a file, in the layouts and element types of a graph.
///
/// Tensors may share their bytes: copies are counted, so that they stay in proportion to the file.
struct TFLiteConstants {
  /// What becomes of a filter's axes.
  enum Layout: Hashable {
    case unchanged
    /// `[1, height, width, channels]` → `[channels, height, width, 1]`.
    case channelsOutermost
  }

  /// A stated scale of a bias may differ so much from the product that it stands for.
  private static let biasTolerance: Float = 0.01

  /// Whether 8-bit weights have become real numbers.
  private(set) var hasDequantized = false

  private let data: TFLiteData
  private let maximumByteCount: Int
  private var byteCount = 0

  init(_ model: TFLiteModel) {
    data = TFLiteData(model)
    maximumByteCount = 8 * model.file.byteCount + (1 << 20)
  }

  /// The elements of a constant as finite float32, row major.
  mutating func floats(_ tensor: Int, place: String) throws(TFLiteError) -> [Float] {
    try spend(data.tensors[tensor].byteRange.count * MemoryLayout<Float>.stride)
    return try data.floats(tensor, place: place)
  }

  /// The whole numbers of a constant of INT32 or INT64; nil for any other.
  func integers(_ tensor: Int) -> [Int]? { data.integers(tensor) }

  // MARK: Weights

  /// Weights in the layout of a graph: float32, or the file's own 8-bit integers.
  mutating func weights(
    _ index: Int, _ layout: Layout, _ role: ConstantRole
  ) throws(TFLiteError) -> Constant {
    let tensor = data.tensors[index]
    let place = role.place
    var shape = try data.shape(index, place: place)
    let taps = shape.elementCount / shape.last
    let isMoved = layout == .channelsOutermost && taps > 1
    var parameters: QuantizationParameters?
    if layout == .channelsOutermost {
      do { shape = try Shape([shape.last, shape[1], shape[2], 1]) } catch {
        throw TFLiteError(place, .shape(error))
      }
    }
    if role.isFloat {
      if tensor.elementType.isQuantized { hasDequantized = true }
      if !isMoved, let slice = try data.floatSlice(index, place: place) {
        return Constant(name: role.name, shape: shape, elementType: .float32, data: slice)
      }
      var elements = try floats(index, place: place)
      if isMoved { elements = elements.transposed(columns: shape[0]) }
      return try constant(elements, shape, name: role.name)
    }
    let type = try data.integerType(index, place: place)
    guard let quantization = tensor.quantization else {
      throw .field(place: place, "quantization", expected: "scales", found: "none")
    }
    let axis = layout == .unchanged ? 0 : 3
    guard quantization.scales.count == 1 || quantization.dimension == axis else {
      throw .field(
        place: place, "quantized_dimension", expected: "\(axis), that of the outputs",
        found: "\(quantization.dimension)")
    }
    parameters = try quantization.parameters(
      shape: shape, elementType: type, axis: quantization.scales.count == 1 ? nil : 0,
      place: place)
    let bytes: ByteSlice
    if isMoved {
      bytes = try copy(data.bytes(index, of: UInt8.self).transposed(columns: shape[0]))
    } else {
      bytes = data.slice(index)
    }
    return Constant(
      name: role.name, shape: shape, elementType: type, quantization: parameters, data: bytes)
  }

  // MARK: Biases

  /// A bias: float32, or integers whose scale is that of the sums, input scale · weight scale. A
  /// scale that the file states beside must agree within 1 %, and is left out.
  mutating func bias(
    _ index: Int, _ source: BiasScales, _ role: ConstantRole
  ) throws(TFLiteError) -> Constant {
    let tensor = data.tensors[index]
    let place = role.place
    let shape = try data.shape(index, place: place)
    guard tensor.elementType == .int32 else {
      guard role.isFloat else {
        throw .field(
          place: place, "type", expected: "INT32 for a bias of integers",
          found: tensor.elementType.name)
      }
      return try constant(floats(index, place: place), shape, name: role.name)
    }
    let scales = try biasScales(tensor, source, count: shape.elementCount, place: place)
    let integers = data.bytes(index, of: Int32.self)
    if role.isFloat {
      let elements = zip(integers, scales).map { Float(Double($0) * $1) }
      if let position = elements.firstIndex(where: { !$0.isFinite }) {
        throw .field(
          place: place, "element \(position)", expected: "a finite number",
          found: "\(elements[position])")
      }
      return try constant(elements, shape, name: role.name)
    }
    let isAligned = tensor.byteRange.lowerBound % MemoryLayout<Int32>.alignment == 0
    return Constant(
      name: role.name, shape: shape, elementType: .int32,
      data: try isAligned ? data.slice(index) : copy(integers))
  }

  /// The real number that a step of each element stands for.
  private func biasScales(
    _ tensor: TFLiteTensor, _ source: BiasScales, count: Int, place: String
  ) throws(TFLiteError) -> [Double] {
    guard let input = source.input?.scales, let weights = source.weights?.scales,
      input.count == 1
    else {
      throw .field(
        place: place, "type", expected: "FLOAT32 beside real numbers",
        found: tensor.elementType.name)
    }
    guard weights.count == 1 || weights.count == count else {
      throw .field(
        place: place, "shape", expected: "\(weights.count), one a scale of the weights",
        found: "\(count)")
    }
    let scales = (0..<count).map { Double(input[0]) * Double(weights[weights.count == 1 ? 0 : $0]) }
    guard let stated = tensor.quantization?.scales else { return scales }
    guard stated.count == 1 || stated.count == count else {
      throw .field(
        place: place, "quantization", expected: "\(count) scales", found: "\(stated.count)")
    }
    for (index, scale) in scales.enumerated() {
      let found = Double(stated[stated.count == 1 ? 0 : index])
      guard abs(found - scale) <= Double(Self.biasTolerance) * scale else {
        throw .field(
          place: place, "scale \(index)",
          expected: "\(Float(scale)), input scale · weight scale", found: "\(Float(found))")
      }
    }
    return scales
  }

  // MARK: Copies

  /// A float32 constant of a graph.
  mutating func constant(
    _ elements: [Float], _ shape: Shape, name: String
  ) throws(TFLiteError) -> Constant {
    try spend(elements.count * MemoryLayout<Float>.stride)
    do { return try Constant(name: name, shape: shape, copying: elements) } catch {
      throw .allocation(error)
    }
  }

  /// The elements in memory of their own.
  mutating func copy<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) throws(TFLiteError) -> ByteSlice {
    try spend(elements.count * MemoryLayout<Element>.stride)
    let result = elements.withUnsafeBufferPointer { elements in
      Result { () throws(AllocationError) in try AlignedBuffer(copying: elements) }
    }
    do { return ByteSlice(try result.get()) } catch { throw .allocation(error) }
  }

  private mutating func spend(_ count: Int) throws(TFLiteError) {
    byteCount += count
    guard byteCount <= maximumByteCount else { throw .tooManyConstants(limit: maximumByteCount) }
  }
}

/// What a constant is for.
struct ConstantRole {
  /// In the graph.
  let name: String
  /// Of the tensor, in messages.
  let place: String
  /// Whether it stands beside float32 values.
  let isFloat: Bool
}

extension Array {
  /// A matrix of rows of `columns` elements, column by column.
  fileprivate func transposed(columns: Int) -> [Element] {
    let rows = count / columns
    return (0..<count).map { self[$0 % rows * columns + $0 / rows] }
  }
}
