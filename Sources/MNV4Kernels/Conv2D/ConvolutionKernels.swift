import MNV4Core
import MNV4Graph

/// Convolutions of every kind.
let convolutionKernels: [Kernel] = [
  Kernel(
    name: "f32_conv_indirect_swift_6x8",
    supports: { problem in
      guard case .convolution = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { problem in
      guard case .convolution(let convolution) = problem.operation else { return 0 }
      // Sums of few columns leave lanes idle; short runs spend their time on addresses.
      let columns = problem.output.shape.last / convolution.groups
      let channels = problem.inputs[0].shape.last / convolution.groups
      let run = convolution.groups == 1 ? channels * convolution.kernel.width : channels
      let lanes = Double(columns.roundedUp(to: vectorWidth)) / Double(columns)
      let rate = Throughput.convolution / lanes / (1 + 5 / Double(run))
      return problem.nanoseconds(rate: rate)
    },
    memory: { problem in
      guard case .convolution(let convolution) = problem.operation else { return .none }
      let kernel = convolution.kernel
      let groupInputs = problem.inputs[0].shape.last / convolution.groups
      let matrix = PackedMatrix.floatCount(
        depth: kernel.height * kernel.width * groupInputs,
        columnCount: problem.output.shape.last / convolution.groups,
        groupCount: convolution.groups)
      return .shared(floatCount: saturatingSum(matrix, kernel.width * groupInputs))
    },
    pack: { problem throws(BackendError) in try PackedConvolution(problem) }),
  Kernel(
    name: "f32_conv_swift_reference",
    supports: { problem in
      guard case .convolution = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { $0.nanoseconds(rate: Throughput.reference) },
    memory: { problem in
      guard case .convolution(let convolution) = problem.operation else { return .none }
      let groupInputs = problem.inputs[0].shape.last / convolution.groups
      return .shared(
        floatCount: problem.output.shape.last
          * (convolution.kernel.height * convolution.kernel.width * groupInputs + 1))
    },
    pack: { problem throws(BackendError) in try PackedReferenceConvolution(problem) }),
]

/// Weights of a convolution.
struct PackedConvolution: PackedKernel {
  let geometry: WindowGeometry
  let matrix: PackedMatrix
  /// What taps outside the image read.
  let zeros: AlignedBuffer
  let convolution: Convolution

  init(_ problem: StepProblem) throws(BackendError) {
    guard case .convolution(let convolution) = problem.operation else {
      preconditionFailure("not a convolution")
    }
    let geometry = WindowGeometry(convolution, of: problem)
    let groupInputs = geometry.inputChannels / convolution.groups
    let groupOutputs = geometry.outputChannels / convolution.groups
    let depth = geometry.tapCount * groupInputs
    matrix = try problem.withFloats(
      convolution.weights, convolution.bias
    ) { weights, bias throws(BackendError) in
      try PackedMatrix(
        rows: weights, depth: depth, columnCount: groupOutputs, groupCount: convolution.groups,
        bias: bias)
    }
    zeros = try allocate(floatCount: geometry.kernelWidth * groupInputs)
    self.geometry = geometry
    self.convolution = convolution
  }

  var sharedByteCount: Int { matrix.byteCount + zeros.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = IndirectBody(
      input: binding.floats(0), output: binding.outputFloats,
      zeros: UnsafePointer(zeros.pointer(as: Float.self)), panels: matrix.view,
      epilogue: Epilogue(
        activation: convolution.activation, residual: convolution.residual, of: binding),
      geometry: geometry, groupCount: convolution.groups, workers: workers)
    return ParallelStep(
      body, partCount: body.partCount, workers: workers,
      keeping: [matrix.weights, matrix.bias, zeros])
  }
}
