import CMicrokernels
import MNV4Core
import MNV4Graph

extension StepProblem {
  /// Time for an activation that is a pass of its own after sums in C.
  func passNanoseconds(_ set: InstructionSet) -> Double {
    operation.fusedActivation.nanoseconds(elementCount: output.shape.elementCount, set)
  }
}

extension Activation {
  /// Whether the kernels in C apply it to their sums.
  var isFusedInC: Bool {
    switch self {
    case .identity, .relu, .relu6, .hardSwish, .hardSigmoid: true
    case .sigmoid, .silu, .gelu: false
    }
  }

  /// Time for so many elements, where it is a pass of its own.
  func nanoseconds(elementCount: Int, _ set: InstructionSet) -> Double {
    let time = Double(elementCount) / MicrokernelRates.exponentials(set)
    return switch self {
    case .identity, .relu, .relu6, .hardSwish, .hardSigmoid: 0
    case .sigmoid, .silu: time
    case .gelu: 1.75 * time
    }
  }

  /// The bounds of those that only clamp; none for the others.
  var bounds: ClosedRange<Float> { clampBounds ?? -Float.infinity...Float.infinity }

  /// What the kernels in C apply, besides bounds.
  var inC: mnv4_f32_activation {
    switch self {
    case .hardSwish: MNV4_F32_HARD_SWISH
    case .hardSigmoid: MNV4_F32_HARD_SIGMOID
    case .identity, .relu, .relu6, .sigmoid, .silu, .gelu: MNV4_F32_CLAMP
    }
  }
}

extension mnv4_f32_epilogue {
  /// Of a convolution whose residual, if any, is the binding's second input; without an activation
  /// that is none of C's.
  init(
    _ activation: Activation, _ residual: Convolution.Residual, of binding: StepBinding,
    columnCount: Int
  ) {
    self.init()
    switch residual {
    case .none: break
    case .whole:
      self.residual = binding.floats(1)
      residual_channels = columnCount
    case .channels(let count):
      self.residual = binding.floats(1)
      residual_channels = count
    }
    residual_stride = columnCount
    low = activation.bounds.lowerBound
    high = activation.bounds.upperBound
    self.activation = activation.inC
  }

  /// For the `count` channels of the output from `channel` on.
  mutating func narrow(from channel: Int, count: Int) {
    residual = residual.map { $0 + channel }
    residual_channels = Swift.min(Swift.max(residual_channels &- channel, 0), count)
  }
}
