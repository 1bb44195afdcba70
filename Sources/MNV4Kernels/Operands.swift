import MNV4Core
import MNV4Graph

extension StepBinding {
  func floats(_ index: Int) -> UnsafePointer<Float> {
    inputs[index].assumingMemoryBound(to: Float.self)
  }

  var outputFloats: UnsafeMutablePointer<Float> { output.assumingMemoryBound(to: Float.self) }
}

extension StepProblem {
  /// Reads a float32 constant.
  func withFloats<Result>(
    _ id: ConstantID, _ body: (UnsafePointer<Float>) throws(BackendError) -> Result
  ) throws(BackendError) -> Result {
    let constant = constant(id)
    return try constant.data.withElements(as: Float.self) { elements throws(BackendError) in
      guard let base = elements.baseAddress else { preconditionFailure("an empty constant") }
      return try body(base)
    }
  }

  /// Reads weights and, where there is one, a bias.
  func withFloats<Result>(
    _ weights: ConstantID, _ bias: ConstantID?,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>?) throws(BackendError) -> Result
  ) throws(BackendError) -> Result {
    try withFloats(weights) { weights throws(BackendError) in
      guard let bias else { return try body(weights, nil) }
      return try withFloats(bias) { bias throws(BackendError) in try body(weights, bias) }
    }
  }
}
