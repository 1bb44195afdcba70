/// Eight floats: two SSE or NEON registers, one of AVX.
typealias FloatVector = SIMD8<Float>

var vectorWidth: Int { 8 }

extension Int {
  /// The next multiple of `unit`.
  func roundedUp(to unit: Int) -> Int { (self + unit - 1) / unit * unit }
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

/// The first `count` (1 to 8) lanes; writes nothing after them.
@inline(__always)
func store(_ vector: FloatVector, to destination: UnsafeMutablePointer<Float>, count: Int) {
  if count >= vectorWidth {
    store(vector, to: destination)
  } else {
    storeFirst(vector, to: destination, count: count)
  }
}

@inline(never)
private func storeFirst(
  _ vector: FloatVector, to destination: UnsafeMutablePointer<Float>, count: Int
) {
  var copy = vector
  withUnsafeBytes(of: &copy) { bytes in
    UnsafeMutableRawPointer(destination).copyMemory(
      from: bytes.baseAddress.unsafelyUnwrapped, byteCount: count &* MemoryLayout<Float>.stride)
  }
}

/// The bounds that a clamp keeps an element within; NaN stays NaN, −0 stays −0.
struct Clamp {
  let low: Float
  let high: Float

  init(_ bounds: ClosedRange<Float>?) {
    low = bounds?.lowerBound ?? -.infinity
    high = bounds?.upperBound ?? .infinity
  }

  @inline(__always)
  func callAsFunction(_ vector: FloatVector) -> FloatVector {
    // Lane by lane, which compiles to one maximum and one minimum; `replacing` to masks.
    var result = vector
    for lane in 0..<vectorWidth { result[lane] = self(vector[lane]) }
    return result
  }

  @inline(__always)
  func callAsFunction(_ scalar: Float) -> Float {
    let raised = scalar < low ? low : scalar
    return raised > high ? high : raised
  }
}

/// The first `count` (1 to 8) lanes; reads nothing after them.
@inline(__always)
func load(_ source: UnsafePointer<Float>, _ count: Int) -> FloatVector {
  count >= vectorWidth ? load(source) : loadFirst(source, count)
}

@inline(never)
private func loadFirst(_ source: UnsafePointer<Float>, _ count: Int) -> FloatVector {
  var vector = FloatVector.zero
  withUnsafeMutableBytes(of: &vector) { bytes in
    bytes.baseAddress.unsafelyUnwrapped.copyMemory(
      from: source, byteCount: count &* MemoryLayout<Float>.stride)
  }
  return vector
}
