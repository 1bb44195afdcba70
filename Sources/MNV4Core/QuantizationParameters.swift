/// How integers stand for real numbers: `real = scale · (integer − zeroPoint)`.
///
/// One pair for the whole tensor, or one for every index along `axis`. Scales are finite and
/// greater than zero; zero points lie in the range of the element type.
package struct QuantizationParameters: Hashable, Sendable {
  package let scales: [Float]
  package let zeroPoints: [Int32]
  /// The axis the pairs run along; nil where one pair serves the whole tensor.
  package let axis: Int?

  /// Validates parameters for a tensor of the given shape and element type.
  package init(
    scales: [Float], zeroPoints: [Int32], axis: Int?, shape: Shape, elementType: ElementType
  ) throws(QuantizationError) {
    guard let range = Self.zeroPointRange(of: elementType) else {
      throw .elementType(elementType)
    }
    let expected: Int
    if let axis {
      guard (0..<shape.rank).contains(axis) else { throw .axis(axis, rank: shape.rank) }
      expected = shape[axis]
    } else {
      expected = 1
    }
    guard scales.count == expected else { throw .scaleCount(scales.count, expected: expected) }
    guard zeroPoints.count == expected else {
      throw .zeroPointCount(zeroPoints.count, expected: expected)
    }
    for scale in scales where !(scale.isNormal && scale > 0) { throw .scale(scale) }
    for zeroPoint in zeroPoints where !range.contains(zeroPoint) {
      throw .zeroPoint(zeroPoint, range)
    }
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }

  /// Those of uint8 elements, 128 above int8 elements with these, that stand for the same numbers.
  package var ofUnsignedElements: QuantizationParameters {
    QuantizationParameters(scales: scales, zeroPoints: zeroPoints.map { $0 &+ 128 }, axis: axis)
  }

  private init(scales: [Float], zeroPoints: [Int32], axis: Int?) {
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }

  private static func zeroPointRange(of type: ElementType) -> ClosedRange<Int32>? {
    switch type {
    case .int8: -128...127
    case .uint8: 0...255
    case .int16: -32768...32767
    case .int32: 0...0
    case .float32, .float16, .bfloat16, .int64: nil
    }
  }
}

/// Why quantization parameters are refused.
package enum QuantizationError: Error, Hashable, CustomStringConvertible {
  case elementType(ElementType)
  case axis(Int, rank: Int)
  case scaleCount(Int, expected: Int)
  case zeroPointCount(Int, expected: Int)
  case scale(Float)
  case zeroPoint(Int32, ClosedRange<Int32>)

  package var description: String {
    switch self {
    case .elementType(let type):
      "expected a quantizable element type, found \(type)"
    case .axis(let axis, let rank):
      "expected an axis from 0 to \(rank - 1), found \(axis)"
    case .scaleCount(let count, let expected):
      "expected \(expected) scales, found \(count)"
    case .zeroPointCount(let count, let expected):
      "expected \(expected) zero points, found \(count)"
    case .scale(let scale):
      "expected a scale that is finite, normal and above zero, found \(scale)"
    case .zeroPoint(let zeroPoint, let range):
      "expected a zero point from \(range.lowerBound) to \(range.upperBound), found \(zeroPoint)"
    }
  }
}
