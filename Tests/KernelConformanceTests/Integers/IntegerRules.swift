import MNV4Core
import MNV4Graph

// The arithmetic of `docs/quantization.md`, written for one number at a time. A product or quotient
// of two float32 numbers is computed in double precision and rounded once to float32, which gives
// the float32 result.

func times(_ first: Float, _ second: Float) -> Float { Float(Double(first) * Double(second)) }

func divided(_ first: Float, by second: Float) -> Float { Float(Double(first) / Double(second)) }

/// The byte of an integer of an 8-bit type.
func byte(_ integer: Int) -> UInt8 { UInt8(truncatingIfNeeded: integer) }

extension ElementForm {
  /// The integers that remain after a fused activation.
  func bounds(_ activation: Activation) -> ClosedRange<Int> {
    switch activation {
    case .identity: return range
    case .relu: return zeroPoint...range.upperBound
    case .relu6:
      let six = nearest(divided(6, by: scale)) + zeroPoint
      return zeroPoint...max(min(six, range.upperBound), zeroPoint)
    case .hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu:
      preconditionFailure("\(activation) does not fuse")
    }
  }

  /// `clamp(round(steps) + zero point)`.
  func integer(_ steps: Float, _ activation: Activation = .identity) -> Int {
    let bounds = bounds(activation)
    return max(bounds.lowerBound, min(bounds.upperBound, nearest(steps) + zeroPoint))
  }

  /// The integer that stands for a real number.
  func quantized(_ real: Float) -> Int { integer(divided(real, by: scale)) }

  /// From an exact sum of products: an integer, or where the form is float32 the real number.
  func element(_ sum: Int, scale: Float, _ activation: Activation = .identity) -> [UInt8] {
    let product = times(Float(sum), scale)
    guard isFloat else { return [byte(integer(product, activation))] }
    switch activation {
    case .relu where product < 0: return [UInt8](floats: [0])
    case .relu6 where product < 0: return [UInt8](floats: [0])
    case .relu6 where product > 6: return [UInt8](floats: [6])
    default: return [UInt8](floats: [product])
    }
  }

  /// What scales of sums are divided by.
  var divisor: Float { isFloat ? 1 : scale }

  /// The integer of this form for an integer of another: a copy where the forms are the same.
  func converted(_ bytes: [UInt8], _ index: Int, from other: ElementForm) -> UInt8 {
    self == other ? bytes[index] : byte(quantized(other.real(bytes, index)))
  }
}

/// To the nearest integer, ties to even; NaN to 0, far numbers to ±4096, which every clamp cuts.
private func nearest(_ number: Float) -> Int {
  guard !number.isNaN else { return 0 }
  let bounded = Double(max(-4096, min(4096, number)))
  let floor = bounded.rounded(.down)
  let fraction = bounded - floor
  let low = Int(floor)
  if fraction == 0.5 { return low + (low & 1) }
  return fraction < 0.5 ? low : low + 1
}

/// An addition: multipliers of 20 bits, halves rounded up.
struct AdditionRule {
  private let multipliers: [Int]
  private let shift: Int
  private let output: ElementForm
  private let bounds: ClosedRange<Int>

  init(
    _ first: ElementForm, _ second: ElementForm, to output: ElementForm, _ activation: Activation
  ) {
    let ratios = [first, second].map { Double(divided($0.scale, by: output.scale)) }
    let greatest = max(ratios[0], ratios[1])
    var exponent = -20
    while greatest >= Double(sign: .plus, exponent: exponent + 1, significand: 1) { exponent += 1 }
    let shift = 20 - exponent
    multipliers = ratios.map {
      Int(
        ($0 * Double(sign: .plus, exponent: shift, significand: 1)).rounded(.toNearestOrEven))
    }
    self.shift = shift
    self.output = output
    bounds = output.bounds(activation)
  }

  /// The sum of two numbers of steps.
  func callAsFunction(_ first: Int, _ second: Int) -> UInt8 {
    let sum = multipliers[0] * first + multipliers[1] * second
    let quotient = Double(sum + (1 << (shift - 1))) / Double(1 << shift)
    let integer = Int(quotient.rounded(.down)) + output.zeroPoint
    return byte(max(bounds.lowerBound, min(bounds.upperBound, integer)))
  }
}
