import MNV4Core
import MNV4Graph

/// A value of integers.
func integers(
  _ dimensions: [Int], scale: Float = 0.5, zeroPoint: Int32 = 0, type: ElementType = .int8
) throws -> Value {
  let shape = try Shape(dimensions)
  return Value(
    shape: shape, elementType: type,
    quantization: try QuantizationParameters(
      scales: [scale], zeroPoints: [zeroPoint], axis: nil, shape: shape, elementType: type))
}

/// Weights of integers that are all the same.
func weights(
  _ dimensions: [Int], scales: [Float] = [0.5], zeroPoint: Int32 = 0, axis: Int? = nil,
  type: ElementType = .int8, filledWith byte: UInt8 = 1
) throws -> Constant {
  let shape = try Shape(dimensions)
  let buffer = try AlignedBuffer(byteCount: shape.elementCount * type.byteCount)
  for index in 0..<buffer.byteCount { buffer.unsafeMutableBytes[index] = byte }
  return Constant(
    name: "w", shape: shape, elementType: type,
    quantization: try QuantizationParameters(
      scales: scales, zeroPoints: scales.map { _ in zeroPoint }, axis: axis, shape: shape,
      elementType: type), data: ByteSlice(buffer))
}

/// A bias, whose scale need not be stated.
func bias(_ elements: [Int32], scales: [Float]? = nil, axis: Int? = nil) throws
  -> Constant
{
  let shape = try Shape([elements.count])
  let buffer = try AlignedBuffer(byteCount: elements.count * 4)
  elements.withUnsafeBytes { buffer.unsafeMutableBytes.copyMemory(from: $0) }
  let quantization = try scales.map { scales in
    try QuantizationParameters(
      scales: scales, zeroPoints: scales.map { _ in 0 }, axis: axis, shape: shape,
      elementType: .int32)
  }
  return Constant(
    name: "b", shape: shape, elementType: .int32, quantization: quantization,
    data: ByteSlice(buffer))
}
