import MNV4Core
import MNV4Graph

func shape(_ dimensions: Int...) throws -> Shape { try Shape(dimensions) }

func value(_ dimensions: Int..., type: ElementType = .float32) throws -> Value {
  let shape = try Shape(dimensions)
  return Value(
    shape: shape, elementType: type,
    quantization: type == .float32 ? nil : try scales(shape: shape, type: type))
}

func scales(
  axis: Int? = nil, shape: Shape, type: ElementType
) throws -> QuantizationParameters {
  let count = axis.map { shape[$0] } ?? 1
  return try QuantizationParameters(
    scales: [Float](repeating: 0.5, count: count), zeroPoints: [Int32](repeating: 0, count: count),
    axis: axis, shape: shape, elementType: type)
}

func constant(
  _ dimensions: Int..., type: ElementType = .float32, axis: Int? = nil, hasScales: Bool = true
) throws -> Constant {
  let shape = try Shape(dimensions)
  let buffer = try AlignedBuffer(byteCount: shape.elementCount * type.byteCount)
  return Constant(
    name: "constant", shape: shape, elementType: type,
    quantization: [.int8, .uint8, .int16, .int32].contains(type) && hasScales
      ? try scales(axis: axis, shape: shape, type: type) : nil,
    data: ByteSlice(buffer))
}

extension Convolution {
  /// Weights are constant 0.
  static func filter(
    _ height: Int, _ width: Int, stride: Extent = .one, padding: Padding = .none, groups: Int = 1,
    bias: ConstantID? = nil, residual: Convolution.Residual = .none
  ) -> Operation {
    .convolution(
      Convolution(
        weights: ConstantID(0), bias: bias, kernel: Extent(height, width), stride: stride,
        padding: padding, groups: groups, residual: residual))
  }
}
