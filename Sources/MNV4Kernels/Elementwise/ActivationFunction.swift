import MNV4Graph

extension Activation {
  /// Applies it to `count` elements in place.
  ///
  /// Any alignment; reads and writes nothing outside the elements. −∞ gives NaN where the formula
  /// multiplies it by zero (h-swish, SiLU, GELU), as the formula says.
  func apply(to elements: UnsafeMutablePointer<Float>, count: Int) {
    switch self {
    case .identity: break
    case .relu, .relu6:
      let clamp = Clamp(clampBounds)
      map(elements, count) { clamp($0) }
    case .hardSwish: map(elements, count) { $0 * hardSigmoidOf($0) }
    case .hardSigmoid: map(elements, count) { hardSigmoidOf($0) }
    case .sigmoid: map(elements, count) { MNV4Kernels.sigmoid($0) }
    case .silu: map(elements, count) { $0 * MNV4Kernels.sigmoid($0) }
    case .gelu: map(elements, count) { gaussianErrorLinear($0) }
    }
  }
}

/// relu6(x + 3) / 6
@inline(__always)
private func hardSigmoidOf(_ x: FloatVector) -> FloatVector {
  Clamp(0...6)(x + 3) * Float(1.0 / 6.0)
}

/// Replaces `count` elements by their function, eight at a time.
@inline(__always)
private func map(
  _ elements: UnsafeMutablePointer<Float>, _ count: Int,
  _ function: (FloatVector) -> FloatVector
) {
  var index = 0
  while index &+ vectorWidth <= count {
    store(function(load(elements + index)), to: elements + index)
    index &+= vectorWidth
  }
  guard index < count else { return }
  var rest = FloatVector.zero
  for lane in 0..<count &- index { rest[lane] = elements[index &+ lane] }
  store(function(rest), to: elements + index, count: count &- index)
}
