import MNV4Core
import MNV4Graph

/// Integer convolutions in which each output channel reads the input channel of the same number.
let integerDepthwiseKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    depthwiseKernel("\(prefix)_depthwise_3x3_swift", type, width: .three),
    depthwiseKernel("\(prefix)_depthwise_5x5_swift", type, width: .five),
    depthwiseKernel("\(prefix)_depthwise_swift", type, width: .any),
  ]
}

private func depthwiseKernel(_ name: String, _ type: ElementType, width: FilterWidth) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.inputs[0].elementType == type,
        case .convolution(let convolution) = problem.operation,
        convolution.isDepthwise(
          inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last),
        width.value == nil || width.value == convolution.kernel.width
      else { return false }
      let geometry = WindowGeometry(convolution, of: problem)
      // The products of a window, each of up to 255 · 255, must add up exactly in float32.
      return geometry.tapCount <= exactFloatLimit / (255 * 255)
        && RowRing.byteCount(geometry) <= Workspace.maximumSlotByteCount
    },
    nanoseconds: { problem in
      problem.nanoseconds(rate: Throughput.integerDepthwise * (width.value == nil ? 0.9 : 1))
    },
    memory: { problem in
      guard case .convolution(let convolution) = problem.operation else { return .none }
      let shape = problem.constant(convolution.weights).shape
      return BackendMemory(
        sharedByteCount: saturatingProduct(
          shape[0].roundedUp(to: vectorWidth),
          saturatingSum(saturatingProduct(shape[1], shape[2], 4), 8)))
    },
    pack: { problem throws(BackendError) in try PackedIntegerDepthwise(problem, width: width) },
    workspaceByteCount: { problem in
      guard case .convolution(let convolution) = problem.operation else { return 0 }
      return RowRing.byteCount(WindowGeometry(convolution, of: problem))
    })
}

/// Filters of a depthwise convolution: for every eight channels, the taps of eight floats, counted
/// from their zero point; then for each channel of the padded count a bias and the scale of its sums.
private struct PackedIntegerDepthwise: PackedKernel {
  let geometry: WindowGeometry
  let input: Value
  let epilogue: IntegerEpilogue
  let weights: AlignedBuffer
  let bias: AlignedBuffer
  let scales: AlignedBuffer
  let isExactInFloat: Bool
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
    bias = try allocate(count: padded, of: Int32.self)
    scales = try allocate(floatCount: padded)
    let terms = problem.layerBias(convolution.bias, count: channels)
    let reach = problem.inputs[0].largestStepCount
    var greatest = 0
    try problem.withIntegers(convolution.weights) { source throws(BackendError) in
      let packed = weights.pointer(as: Float.self)
      for channel in 0..<channels {
        let block = channel / vectorWidth * taps * vectorWidth + channel % vectorWidth
        var sum = 0
        for tap in 0..<taps {
          let weight = source[channel * taps + tap]
          packed[block + tap * vectorWidth] = Float(weight)
          sum += Int(abs(weight))
        }
        greatest = max(greatest, sum * reach + Int(terms[channel].magnitude))
      }
    }
    bias.pointer(as: Int32.self).update(from: terms, count: channels)
    scales.pointer(as: Float.self).update(
      from: problem.layerScales(convolution.weights), count: channels)
    self.geometry = geometry
    self.weights = weights
    self.width = width
    isExactInFloat = greatest <= exactFloatLimit
    input = problem.inputs[0]
    epilogue = IntegerEpilogue(problem.output, convolution.activation)
  }

  private var buffers: [AlignedBuffer] { [weights, bias, scales] }
  var sharedByteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }
  var workspaceByteCount: Int { RowRing.byteCount(geometry) }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = IntegerDepthwiseBody(
      input: binding.integers(0, input),
      output: binding.output,
      weights: UnsafeRawPointer(weights.pointer(as: Float.self))
        .assumingMemoryBound(to: FloatVector.self),
      bias: UnsafePointer(bias.pointer(as: Int32.self)),
      scales: UnsafePointer(scales.pointer(as: Float.self)), isExactInFloat: isExactInFloat,
      geometry: geometry, epilogue: epilogue,
      cells: Grid(
        lines: geometry,
        nanosecondsPerPixelBlock: Double(geometry.tapCount * vectorWidth)
          / Throughput.integerDepthwise, workers: workers),
      width: width)
    return ParallelStep(
      body, partCount: body.cells.partCount, workers: workers, keeping: buffers)
  }
}
