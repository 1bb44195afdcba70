/// Eight floats: two SSE or NEON registers, one of AVX.
typealias FloatVector = SIMD8<Float>

let vectorWidth = 8

extension Int {
  /// The next multiple of `unit`.
  func roundedUp(to unit: Int) -> Int { (self + unit - 1) / unit * unit }
}

/// The nearest integers, ties to even, of lanes whose magnitude is below 2²²: adding 1.5 · 2²³ leaves
/// no bits for a fraction. One addition and one subtraction on any machine, where the rounding
/// instruction needs SSE4.1.
@inline(__always)
func roundedToEven(_ vector: FloatVector) -> FloatVector {
  let shift = FloatVector(repeating: 12_582_912)
  return (vector + shift) - shift
}

/// Lanes kept within `-bound...bound`; NaN becomes the lower bound.
@inline(__always)
func clamped(_ vector: FloatVector, to bound: Float) -> FloatVector {
  var result = vector
  for lane in 0..<vectorWidth {
    let raised = vector[lane] > -bound ? vector[lane] : -bound
    result[lane] = raised > bound ? bound : raised
  }
  return result
}

/// Eight floats from any address of a float; reads 32 bytes.
@inline(__always)
func load(_ source: UnsafePointer<Float>) -> FloatVector {
  UnsafeRawPointer(source).loadUnaligned(as: FloatVector.self)
}

/// Eight floats to any address of a float; writes 32 bytes.
@inline(__always)
func store(_ vector: FloatVector, to destination: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(destination).storeBytes(of: vector, as: FloatVector.self)
}
