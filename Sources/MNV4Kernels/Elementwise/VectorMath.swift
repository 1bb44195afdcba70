// Functions of eight floats at once, in arithmetic that is the same on every processor.
//
// u below is 2⁻²⁴, half the distance from 1 to the next float. The bounds were found by comparing
// with double precision over all magnitudes; the conformance tests hold the kernels to them.

/// eˣ to within 2u relative plus 2⁻¹⁴⁹ for results down to the subnormals; 0 below −104, ∞ above 89,
/// NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ by a minimax polynomial, scaled by 2ⁿ in two steps so that
/// neither factor leaves the range of a float.
@inline(__always)
func exponential(_ x: FloatVector) -> FloatVector {
  let bounded = Clamp(-104...89.5)(x)
  let rounder = FloatVector(repeating: 0x1.8p23)
  let shifted = bounded * 1.44269504 + rounder
  let n = shifted - rounder
  let r = (bounded - n * 0.693359375) - n * -2.12194440e-4
  var p = r * 0.0013901282800361514 + 0.008363144472241402
  p = p * r + 0.04166685417294502
  p = p * r + 0.16666577756404877
  p = p * r + 0.5
  p = (p * (r * r) + r) + 1
  let whole = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000
  let half = whole &>> 1
  let first = (half &+ 127) &<< 23
  let second = (whole &- half &+ 127) &<< 23
  return p * unsafeBitCast(first, to: FloatVector.self)
    * unsafeBitCast(second, to: FloatVector.self)
}

/// 1 / (1 + e⁻ˣ) to within 4u relative; below 2⁻¹²⁰ to within 2⁻¹⁴² absolute.
@inline(__always)
func sigmoid(_ x: FloatVector) -> FloatVector {
  let e = exponential(-magnitude(x))
  let numerator = e.replacing(with: 1, where: x .>= 0)
  return numerator / (1 + e)
}

/// x · (1 + erf(x / √2)) / 2 to within 10u + x²·u relative where x < 0 and 10u
/// elsewhere; below 2⁻¹²⁰ to within 2⁻¹³⁶ absolute.
///
/// erfc t = e^(−t²) · z · P(z) with z = 1 / (1 + t/2) and P a minimax polynomial, which keeps the
/// left tail accurate where 1 + erf would cancel.
@inline(__always)
func gaussianErrorLinear(_ x: FloatVector) -> FloatVector {
  let t = magnitude(x) * 0.70710678
  let z = 1 / (t * 0.5 + 1)
  var p = z * -0.05906921625137329 + 0.2845761775970459
  p = p * z - 0.4872022867202759
  p = p * z + 0.27806979417800903
  p = p * z - 0.02662738598883152
  p = p * z + 0.2026875615119934
  p = p * z + 0.24310359358787537
  p = p * z + 0.2823753356933594
  p = p * z + 0.28208640217781067
  let tail = exponential(x * x * -0.5) * (p * z) * 0.5
  let distribution = tail.replacing(with: 1 - tail, where: x .>= 0)
  return x * distribution
}

/// |x|
@inline(__always)
func magnitude(_ x: FloatVector) -> FloatVector {
  unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt32>.self) & 0x7FFF_FFFF, to: FloatVector.self)
}

/// The sum of the lanes, added in the order of a balanced tree.
@inline(__always)
func laneSum(_ x: FloatVector) -> Float {
  let four = x.lowHalf + x.highHalf
  let two = four.lowHalf + four.highHalf
  return two.x + two.y
}
