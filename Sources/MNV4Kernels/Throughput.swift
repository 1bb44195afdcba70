import MNV4Core
import MNV4Graph

/// What the kernels reach on one thread of a server core at about 4 GHz with 128-bit vectors,
/// measured in release builds. The numbers only rank backends and size the parts of threads.
enum Throughput {
  /// Multiply-accumulates a nanosecond.
  static let pointwise = 20.0
  static let convolution = 19.0
  static let depthwise = 13.0
  static let reference = 0.5
  /// Bytes read and written a nanosecond.
  static let memory = 40.0
  /// Elements a nanosecond of a function with an exponential in it.
  static let exponential = 0.7
  /// Multiply-accumulates of 8-bit integers a nanosecond.
  static let integerMatrix = 20.0
  static let integerDepthwise = 9.0
  /// Integers a nanosecond that become floats of a workspace.
  static let expansion = 3.0
  /// Elements a nanosecond of an addition or product of integers.
  static let integerArithmetic = 1.5
  /// Elements a nanosecond that become what a table of 256 says.
  static let table = 1.5
  /// Elements a nanosecond from float32 to 8 bits or back.
  static let quantize = 2.0
  /// Elements a nanosecond of a bilinear resize.
  static let resize = 1.0
}

extension StepProblem {
  /// Bytes of the operands, read or written once.
  var operandByteCount: Int {
    (inputs + [output]).reduce(0) { $0 + $1.shape.elementCount * $1.elementType.byteCount }
  }

  /// Time for arithmetic at `rate` multiply-accumulates a nanosecond, or for its memory.
  func nanoseconds(rate: Double) -> Double {
    max(Double(multiplyAccumulateCount) / rate, memoryNanoseconds) + activationNanoseconds
  }

  var memoryNanoseconds: Double { Double(operandByteCount) / Throughput.memory }

  /// Time for an activation that is a pass of its own.
  var activationNanoseconds: Double {
    var function = operation.fusedActivation
    if case .activation(let alone) = operation { function = alone }
    switch function {
    case .identity, .relu, .relu6: return 0
    case .hardSwish, .hardSigmoid: return Double(output.shape.elementCount) * 0.15
    case .sigmoid, .silu, .gelu:
      return Double(output.shape.elementCount) / Throughput.exponential
    }
  }
}
