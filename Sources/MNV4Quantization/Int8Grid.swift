package import MNV4Core

/// The int8 values of an activation: `real = scale · (integer − zeroPoint)`, integers −128 to 127.
package struct Int8Grid: Hashable, Sendable {
  /// Finite, normal and above zero.
  package let scale: Float
  /// −128 to 127.
  package let zeroPoint: Int32

  /// The grid that spans `range`, widened to hold zero, which is then represented exactly.
  ///
  /// An end may come to lie up to half a step inside. A range of zero alone gets scale 1.
  package init(spanning range: ClosedRange<Float>) {
    let low = min(Double(range.lowerBound), 0)
    let high = max(Double(range.upperBound), 0)
    guard low < high else {
      self.scale = 1
      self.zeroPoint = 0
      return
    }
    let width = min((high - low) / 255, Double(Float.greatestFiniteMagnitude))
    let scale = max(Float(width), .leastNormalMagnitude)
    let zeroPoint = (-128 - low / Double(scale)).rounded(.toNearestOrEven)
    self.scale = scale
    self.zeroPoint = Int32(min(max(zeroPoint, -128), 127))
  }

  /// The scale is finite, normal and above zero, the zero point −128 to 127.
  init(scale: Float, zeroPoint: Int32) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }

  /// The integer of `value`: nearest, ties to even, clamped; NaN becomes the zero point.
  package func integer(of value: Double) -> Int8 {
    guard !value.isNaN else { return Int8(zeroPoint) }
    let steps = (value / Double(scale)).rounded(.toNearestOrEven) + Double(zeroPoint)
    return Int8(min(max(steps, -128), 127))
  }

  package func real(of integer: Int8) -> Double {
    Double(scale) * Double(Int32(integer) - zeroPoint)
  }

  /// From the least to the greatest integer's number.
  var range: ClosedRange<Float> { Float(real(of: .min))...Float(real(of: .max)) }

  /// As parameters of an int8 tensor.
  package func parameters(for shape: Shape) throws(QuantizationError) -> QuantizationParameters {
    try QuantizationParameters(
      scales: [scale], zeroPoints: [zeroPoint], axis: nil, shape: shape, elementType: .int8)
  }
}
