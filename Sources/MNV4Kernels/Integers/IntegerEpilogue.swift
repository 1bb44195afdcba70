import MNV4Core
import MNV4Graph

/// Eight numbers of steps → eight elements of an output: scaled, rounded to nearest even, moved to
/// the zero point, clamped; or for a float32 output scaled and clamped.
///
/// Clamping first, to bounds that are whole numbers of steps, and rounding then gives what rounding
/// first does, and keeps the numbers small enough to be rounded by an addition.
struct IntegerEpilogue: Sendable {
  let isFloat: Bool
  private let clamp: Clamp
  private let offset: Int32

  /// 1.5 · 2²³: added to a number below 2²² it leaves its nearest integer in the low bits.
  private static var rounder: Float { 0x1.8p23 }

  init(_ output: Value, _ activation: Activation) {
    isFloat = output.isFloat
    if isFloat {
      clamp = Clamp(activation.clampBounds)
      offset = 0
    } else {
      let range = output.integerRange(after: activation)
      let zeroPoint = output.zeroPoint
      clamp = Clamp(Float(range.lowerBound - zeroPoint)...Float(range.upperBound - zeroPoint))
      offset = zeroPoint &- Int32(bitPattern: Self.rounder.bitPattern)
    }
  }

  /// The low byte of each lane is the output's.
  @inline(__always)
  private func integers(_ steps: FloatVector) -> SIMD8<UInt8> {
    let rounded = clamp(steps) + Self.rounder
    let integers = unsafeBitCast(rounded, to: SIMD8<Int32>.self) &+ offset
    return SIMD8<UInt8>(truncatingIfNeeded: integers)
  }

  /// Stores `count` (1 to 8) lanes of an integer output, the first at `index`. No lane is NaN.
  @inline(__always)
  func store(
    _ vector: FloatVector, scale: Float, to output: UnsafeMutablePointer<UInt8>, at index: Int,
    count: Int
  ) {
    MNV4Kernels.store(integers(vector * scale), to: output + index, count: count)
  }

  /// Stores `count` (1 to 8) lanes, the first at element `index`. No lane is NaN.
  @inline(__always)
  func store(
    _ sums: FloatVector, scales: FloatVector, to output: UnsafeMutableRawPointer, at index: Int,
    count: Int
  ) {
    let scaled = sums * scales
    if isFloat {
      MNV4Kernels.store(
        clamp(scaled), to: output.assumingMemoryBound(to: Float.self) + index, count: count)
    } else {
      MNV4Kernels.store(
        integers(scaled), to: output.assumingMemoryBound(to: UInt8.self) + index, count: count)
    }
  }
}

/// The first `count` (1 to 8) bytes; writes nothing after them.
@inline(__always)
func store(_ bytes: SIMD8<UInt8>, to destination: UnsafeMutablePointer<UInt8>, count: Int) {
  if count >= vectorWidth {
    UnsafeMutableRawPointer(destination).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
  } else {
    for lane in 0..<count { destination[lane] = bytes[lane] }
  }
}

extension IntegerOperand {
  /// Eight elements from `index` on, counted from the zero point; reads 8 bytes.
  @inline(__always)
  func floats(_ index: Int) -> FloatVector {
    let raw = UnsafeRawPointer(bytes + index).loadUnaligned(as: SIMD8<UInt8>.self)
    let integers =
      SIMD8<Int32>(truncatingIfNeeded: raw ^ SIMD8(repeating: flip))
      &- SIMD8(repeating: zeroPoint)
    return FloatVector(integers)
  }
}
