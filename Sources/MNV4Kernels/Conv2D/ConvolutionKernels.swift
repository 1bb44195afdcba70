import MNV4Core
import MNV4Graph

/// Convolutions of every kind.
let convolutionKernels: [Kernel] = [
  Kernel(
    name: "f32_conv_indirect_swift_6x8",
    supports: { problem in
      guard case .convolution = problem.operation else { return false }
      return true
    },
    nanoseconds: { problem in
      guard case .convolution(let convolution) = problem.operation else { return 0 }
      // Sums of few columns leave lanes idle; short runs spend their time on addresses.
      let columns = problem.output.shape.last / convolution.groups
      let run = problem.inputs[0].shape.last / convolution.groups
      let lanes = Double(columns.roundedUp(to: vectorWidth)) / Double(columns)
      let rate = Throughput.convolution / lanes / (1 + 16 / Double(run))
      return problem.nanoseconds(rate: rate)
    },
    pack: { problem throws(BackendError) in try PackedConvolution(problem) }),
  Kernel(
    name: "f32_conv_swift_reference",
    supports: { problem in
      guard case .convolution = problem.operation else { return false }
      return true
    },
    nanoseconds: { $0.nanoseconds(rate: Throughput.reference) },
    pack: { problem throws(BackendError) in try PackedReferenceConvolution(problem) }),
]

/// Weights of a convolution, a matrix a group.
struct PackedConvolution: PackedKernel {
  let geometry: WindowGeometry
  let groups: [PackedMatrix]
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
    groups = try problem.withFloats(
      convolution.weights, convolution.bias
    ) { weights, bias throws(BackendError) in
      var groups: [PackedMatrix] = []
      for group in 0..<convolution.groups {
        groups.append(
          try PackedMatrix(
            rows: weights + group * groupOutputs * depth, rowStride: depth, depth: depth,
            columnCount: groupOutputs, bias: bias.map { $0 + group * groupOutputs }))
      }
      return groups
    }
    zeros = try allocate(floatCount: geometry.kernelWidth * groupInputs)
    self.geometry = geometry
    self.convolution = convolution
  }

  var sharedByteCount: Int { groups.reduce(zeros.byteCount) { $0 + $1.byteCount } }
  var sessionByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    var steps: [any PreparedStep] = []
    let residual = convolution.hasResidual ? binding.floats(1) : nil
    let groupInputs = geometry.inputChannels / groups.count
    let groupOutputs = geometry.outputChannels / groups.count
    for (index, matrix) in groups.enumerated() {
      let offset = index * groupOutputs
      let body = IndirectBody(
        input: binding.floats(0) + index * groupInputs, output: binding.outputFloats + offset,
        zeros: UnsafePointer(zeros.pointer(as: Float.self)), panels: matrix.view,
        epilogue: Epilogue(
          activation: convolution.activation, residual: residual.map { $0 + offset }),
        geometry: geometry, groupInputs: groupInputs, workers: workers)
      steps.append(
        ParallelStep(
          body, partCount: body.pixels.partCount, workers: workers,
          keeping: [matrix.weights, matrix.bias, zeros]))
    }
    return steps.count == 1 ? steps[0] : StepSequence(steps)
  }
}
