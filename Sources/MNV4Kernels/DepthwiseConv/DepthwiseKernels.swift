import MNV4Core
import MNV4Graph

/// Convolutions in which each output channel reads the input channel of the same number.
let depthwiseKernels: [Kernel] = [
  depthwiseKernel("f32_depthwise_3x3_swift", width: .three),
  depthwiseKernel("f32_depthwise_5x5_swift", width: .five),
  depthwiseKernel("f32_depthwise_swift", width: .any),
]

/// The width of the filters that a depthwise kernel is compiled for.
enum FilterWidth: Sendable {
  case three
  case five
  /// Whatever the problem says.
  case any

  var value: Int? {
    switch self {
    case .three: 3
    case .five: 5
    case .any: nil
    }
  }
}

private func depthwiseKernel(_ name: String, width: FilterWidth) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.isFloat, case .convolution(let convolution) = problem.operation,
        convolution.isDepthwise(
          inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last)
      else { return false }
      return width.value == nil || width.value == convolution.kernel.width
    },
    nanoseconds: { problem in
      problem.nanoseconds(rate: Throughput.depthwise * (width.value == nil ? 0.9 : 1))
    },
    memory: { problem in
      guard case .convolution(let convolution) = problem.operation else { return .none }
      return .shared(
        floatCount: problem.output.shape.last.roundedUp(to: vectorWidth)
          * (convolution.kernel.height * convolution.kernel.width + 1))
    },
    pack: { problem throws(BackendError) in try PackedDepthwise(problem, width: width) })
}

/// Filters of a depthwise convolution: for every eight channels, the taps of eight floats.
struct PackedDepthwise: PackedKernel {
  let geometry: WindowGeometry
  let activation: Activation
  let residual: Convolution.Residual
  let weights: AlignedBuffer
  let bias: AlignedBuffer
  let width: FilterWidth

  init(_ problem: StepProblem, width: FilterWidth) throws(BackendError) {
    guard case .convolution(let convolution) = problem.operation else {
      preconditionFailure("not a convolution")
    }
    let geometry = WindowGeometry(convolution, of: problem)
    let channels = geometry.outputChannels
    let taps = geometry.tapCount
    let padded = channels.roundedUp(to: vectorWidth)
    let weights = try allocate(floatCount: padded * taps)
    let bias = try allocate(floatCount: padded)
    try problem.withFloats(
      convolution.weights, convolution.bias
    ) { source, biasSource throws(BackendError) in
      let packed = weights.pointer(as: Float.self)
      let packedBias = bias.pointer(as: Float.self)
      for channel in 0..<channels {
        let block = channel / vectorWidth * taps * vectorWidth + channel % vectorWidth
        for tap in 0..<taps { packed[block + tap * vectorWidth] = source[channel * taps + tap] }
        if let biasSource { packedBias[channel] = biasSource[channel] }
      }
    }
    self.geometry = geometry
    self.width = width
    self.weights = weights
    self.bias = bias
    activation = convolution.activation
    residual = convolution.residual
  }

  var sharedByteCount: Int { weights.byteCount + bias.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = DepthwiseBody(
      input: binding.floats(0), output: binding.outputFloats,
      weights: UnsafeRawPointer(weights.pointer(as: Float.self))
        .assumingMemoryBound(to: FloatVector.self),
      bias: UnsafePointer(bias.pointer(as: Float.self)), geometry: geometry,
      epilogue: Epilogue(activation: activation, residual: residual, of: binding),
      cells: Grid(
        lines: geometry,
        nanosecondsPerPixelBlock: Double(geometry.tapCount * vectorWidth)
          / Throughput.depthwise, workers: workers),
      width: width)
    return ParallelStep(
      body, partCount: body.cells.partCount, workers: workers, keeping: [weights, bias])
  }
}
