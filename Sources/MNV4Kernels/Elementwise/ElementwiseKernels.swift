import MNV4Core
import MNV4Graph

/// Operations in which each element of the output depends on its own place only.
let elementwiseKernels: [Kernel] = [
  elementwiseKernel("f32_activation_swift") { problem throws(BackendError) in
    guard case .activation(let activation) = problem.operation else { return nil }
    return PackedElementwise(
      problem, kind: .copy, activation: activation, hasSecond: false, isFlat: true)
  },
  elementwiseKernel("f32_add_swift") { problem throws(BackendError) in
    guard case .add(let add) = problem.operation else { return nil }
    return PackedElementwise(
      problem, kind: .add(channelCount: add.channelCount), activation: add.activation,
      hasSecond: true,
      isFlat: add.channelCount == nil)
  },
  elementwiseKernel("f32_multiply_swift") { problem throws(BackendError) in
    guard case .multiply(let multiply) = problem.operation else { return nil }
    let isFlat = problem.inputs[0].shape == problem.inputs[1].shape
    return PackedElementwise(
      problem, kind: .multiply, activation: multiply.activation, hasSecond: true, isFlat: isFlat)
  },
  elementwiseKernel("f32_channel_scale_swift") { problem throws(BackendError) in
    guard case .channelScale(let scaling) = problem.operation else { return nil }
    let scale = try allocate(floatCount: problem.output.shape.last)
    try problem.withFloats(scaling.scale) { source throws(BackendError) in
      scale.pointer(as: Float.self).update(from: source, count: problem.output.shape.last)
    }
    return PackedElementwise(
      problem, kind: .multiply, activation: .identity, hasSecond: false, isFlat: false,
      factors: scale)
  },
  elementwiseKernel("f32_batch_normalization_swift") { problem throws(BackendError) in
    guard case .batchNormalization(let normalization) = problem.operation else { return nil }
    let channels = problem.output.shape.last
    let factors = try allocate(floatCount: channels)
    let terms = try allocate(floatCount: channels)
    try problem.writeAffine(
      normalization, factors: factors.pointer(as: Float.self),
      terms: terms.pointer(as: Float.self))
    return PackedElementwise(
      problem, kind: .affine, activation: .identity, hasSecond: false, isFlat: false,
      factors: factors, terms: terms)
  },
]

/// `make` returns nil for the operations that the kernel does not compute; `supports` asks by name
/// of the operation alone and allocates nothing.
private func elementwiseKernel(
  _ name: String,
  make: @escaping @Sendable (StepProblem) throws(BackendError) -> PackedElementwise?
) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.isFloat else { return false }
      return switch problem.operation {
      case .activation: name == "f32_activation_swift"
      case .add: name == "f32_add_swift"
      case .multiply: name == "f32_multiply_swift"
      case .channelScale: name == "f32_channel_scale_swift"
      case .batchNormalization: name == "f32_batch_normalization_swift"
      case .convolution, .fullyConnected, .globalAveragePool, .averagePool, .slice,
        .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
        .dequantize:
        false
      }
    },
    nanoseconds: { $0.memoryNanoseconds + $0.activationNanoseconds },
    memory: { problem in
      switch problem.operation {
      case .channelScale: .shared(floatCount: problem.output.shape.last)
      case .batchNormalization: .shared(floatCount: 2 * problem.output.shape.last)
      case .convolution, .fullyConnected, .activation, .add, .multiply, .globalAveragePool,
        .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
        .resizeBilinear, .quantize, .dequantize:
        .none
      }
    },
    pack: { problem throws(BackendError) in
      guard let packed = try make(problem) else { preconditionFailure("not \(name)") }
      return packed
    })
}

extension StepProblem {
  /// Batch normalization as `factor · x + term`, computed in double precision.
  fileprivate func writeAffine(
    _ normalization: BatchNormalization, factors: UnsafeMutablePointer<Float>,
    terms: UnsafeMutablePointer<Float>
  ) throws(BackendError) {
    let scale = constant(normalization.scale).floats
    let shift = constant(normalization.shift).floats
    let mean = constant(normalization.mean).floats
    let variance = constant(normalization.variance).floats
    for channel in scale.indices {
      let deviation = (Double(variance[channel]) + Double(normalization.epsilon)).squareRoot()
      let factor = Double(scale[channel]) / deviation
      factors[channel] = Float(factor)
      terms[channel] = Float(Double(shift[channel]) - Double(mean[channel]) * factor)
    }
  }
}
