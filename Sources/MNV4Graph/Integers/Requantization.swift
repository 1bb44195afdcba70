package import MNV4Core

/// From sums of integer products to the integers of an output: `docs/quantization.md`, "Sums".
///
/// `output = clamp(roundToNearestEven(Float(sum) · scale) + zeroPoint)`; every product and quotient
/// of scales is rounded to float32 in the order written here.
package enum Requantization {
  /// What every scale of a requantization to integers lies below.
  package static let limit: Float = 256

  /// `first · second / output`: of a product of two operands.
  package static func scale(_ first: Float, _ second: Float, output: Float) -> Float {
    first * second / output
  }

  /// `input / (output · count)`: of a sum that becomes a mean.
  package static func scale(mean count: Int, input: Float, output: Float) -> Float {
    input / (output * Float(count))
  }

  /// Of a matrix product; with a float32 output, what its sums are multiplied by.
  package static func scale(
    of product: MatrixProduct, inputs: [Value], output: Value
  ) -> Float {
    scale(
      inputs[0].scale, inputs[1].scale * product.scale,
      output: output.elementType == .float32 ? 1 : output.scale)
  }

  /// That sums can become float32 numbers by `scale`; `field` is what a refusal calls it.
  static func requireFinite(_ scale: Float, _ field: String) throws(GraphError.Rule) {
    guard scale.isFinite else {
      throw .field(field, expected: "a finite number", found: "\(scale)")
    }
  }

  /// That integers can be requantized by `scale`; `field` is what a refusal calls it.
  static func requireScale(_ scale: Float, _ field: String) throws(GraphError.Rule) {
    guard scale.isNormal, scale > 0, scale < limit else {
      throw .field(
        field, expected: "a normal number above 0 and below \(limit)", found: "\(scale)")
    }
  }

  /// The integer that stands for `real`: `clamp(roundToNearestEven(real / scale) + zeroPoint)`. NaN
  /// becomes the zero point.
  package static func quantize(
    _ real: Float, scale: Float, zeroPoint: Int32, in range: ClosedRange<Int32>
  ) -> Int32 {
    clamp((real / scale).rounded(.toNearestOrEven), zeroPoint: zeroPoint, in: range)
  }

  /// The sum's integer.
  package static func requantize(
    _ sum: Int32, scale: Float, zeroPoint: Int32, in range: ClosedRange<Int32>
  ) -> Int32 {
    clamp((Float(sum) * scale).rounded(.toNearestOrEven), zeroPoint: zeroPoint, in: range)
  }

  /// `steps`, a whole number, infinite or NaN, counted from the zero point.
  private static func clamp(
    _ steps: Float, zeroPoint: Int32, in range: ClosedRange<Int32>
  ) -> Int32 {
    guard !steps.isNaN else { return min(max(zeroPoint, range.lowerBound), range.upperBound) }
    let bounded = min(max(steps, -1024), 1024)
    return min(max(Int32(bounded) + zeroPoint, range.lowerBound), range.upperBound)
  }
}

extension Value {
  /// Real numbers a step; only for values of an integer type.
  package var scale: Float { parameters.scales[0] }

  /// The integer that stands for 0; only for values of an integer type.
  package var zeroPoint: Int32 { parameters.zeroPoints[0] }

  /// The integer that stands for `real`; only for values of an integer type.
  package func quantize(_ real: Float) -> Int32 {
    Requantization.quantize(real, scale: scale, zeroPoint: zeroPoint, in: integerRange())
  }

  private var parameters: QuantizationParameters {
    guard let quantization else { preconditionFailure("not an integer value") }
    return quantization
  }

  /// The integers that an activation lets pass: those of the type, from `zeroPoint` for ReLU, to
  /// `roundToNearestEven(6 / scale) + zeroPoint` for ReLU6.
  package func integerRange(after activation: Activation = .identity) -> ClosedRange<Int32> {
    guard let whole = elementType.integerRange else { preconditionFailure("not an integer value") }
    switch activation {
    case .relu: return zeroPoint...whole.upperBound
    case .relu6:
      let six = Requantization.quantize(6, scale: scale, zeroPoint: zeroPoint, in: whole)
      return zeroPoint...max(six, zeroPoint)
    case .identity, .hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu: return whole
    }
  }
}

extension ElementType {
  /// The integers of an activation's type; nil for the others.
  package var integerRange: ClosedRange<Int32>? {
    switch self {
    case .int8: -128...127
    case .uint8: 0...255
    case .float32, .float16, .bfloat16, .int16, .int32, .int64: nil
    }
  }
}
