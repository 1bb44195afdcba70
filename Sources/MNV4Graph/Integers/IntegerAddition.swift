/// The rule of an addition of integers: `docs/quantization.md`, "Additions".
///
/// With `ratioᵢ = scaleᵢ / output scale` in float32 and `e = floor(log₂ max ratio)`:
/// `shift = 20 − e`, `multiplierᵢ = roundToNearestEven(ratioᵢ · 2^shift)`, and
/// `output = clamp(((Σ multiplierᵢ · (xᵢ − zeroPointᵢ) + 2^(shift − 1)) >> shift) + zeroPoint)`
/// in 32-bit integers, which none of the sums exceeds; `>>` rounds down.
package struct IntegerAddition: Hashable, Sendable {
  package let firstMultiplier: Int32
  package let secondMultiplier: Int32
  /// 13 to 30.
  package let shift: Int32
  /// `2^(shift − 1)` less the zero points' part of the sum.
  package let bias: Int32
  package let zeroPoint: Int32
  package let range: ClosedRange<Int32>

  /// What the larger of the two ratios must lie in.
  package static let ratios: Range<Float> = 0x1p-10..<0x1p8

  /// The operands must pass `Graph.validate()`.
  package init(first: Value, second: Value, output: Value, activation: Activation) {
    let ratios = [first.scale / output.scale, second.scale / output.scale]
    let exponent = Int32(max(ratios[0], ratios[1]).exponent)
    shift = 20 - exponent
    let multipliers = ratios.map {
      Int32(
        ($0 * Float(sign: .plus, exponent: Int(20 - exponent), significand: 1))
          .rounded(.toNearestOrEven))
    }
    firstMultiplier = multipliers[0]
    secondMultiplier = multipliers[1]
    bias =
      (1 << (shift - 1)) &- firstMultiplier &* first.zeroPoint
      &- secondMultiplier &* second.zeroPoint
    zeroPoint = output.zeroPoint
    range = output.integerRange(after: activation)
  }

  /// The sum of two integers of the operands.
  @inline(__always)
  package func callAsFunction(_ first: Int32, _ second: Int32) -> Int32 {
    let sum = bias &+ firstMultiplier &* first &+ secondMultiplier &* second
    return min(max((sum >> shift) &+ zeroPoint, range.lowerBound), range.upperBound)
  }

  static func largestRatio(_ inputs: [Value], _ output: Value) -> Float {
    max(inputs[0].scale / output.scale, inputs[1].scale / output.scale)
  }
}
