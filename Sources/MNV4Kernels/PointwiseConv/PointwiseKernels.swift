import MNV4Core
import MNV4Graph

/// 1×1 convolutions of stride 1 without padding or groups: products of the pixels with one matrix.
let pointwiseKernels: [Kernel] = [
  Kernel(
    name: "f32_pointwise_swift_6x8",
    supports: { problem in
      guard case .convolution(let convolution) = problem.operation else { return false }
      return convolution.isPointwise && problem.isFloat
    },
    nanoseconds: { $0.nanoseconds(rate: Throughput.pointwise) },
    memory: { .shared(floatCount: PackedRows.floatCount($0)) },
    pack: { problem throws(BackendError) in try PackedRows(pointwise: problem) })
]

/// `activation(weights · input + bias)` for each row of the input.
let fullyConnectedKernels: [Kernel] = [
  Kernel(
    name: "f32_fully_connected_swift_6x8",
    supports: { problem in
      guard case .fullyConnected = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { problem in
      // Each weight is used once a row, and comes from memory.
      let rows = problem.inputs[0].shape.rowCount
      let weightBytes = Double(problem.multiplyAccumulateCount / rows * 4)
      return problem.nanoseconds(rate: Throughput.pointwise) + weightBytes / Throughput.memory
    },
    memory: { .shared(floatCount: PackedRows.floatCount($0)) },
    pack: { problem throws(BackendError) in try PackedRows(fullyConnected: problem) }),
  Kernel(
    name: "f32_fully_connected_swift_reference",
    supports: { problem in
      guard case .fullyConnected = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { $0.nanoseconds(rate: Throughput.reference) },
    memory: { problem in
      .shared(
        floatCount: problem.output.shape.last * (problem.inputs[0].shape.last + 1))
    },
    pack: { problem throws(BackendError) in
      try PackedReferenceConvolution(fullyConnected: problem)
    }),
]

/// Weights of a product of rows with one matrix.
struct PackedRows: PackedKernel {
  let matrix: PackedMatrix
  let rowCount: Int
  let activation: Activation
  let residual: Convolution.Residual

  init(pointwise problem: StepProblem) throws(BackendError) {
    guard case .convolution(let convolution) = problem.operation else {
      preconditionFailure("not a convolution")
    }
    try self.init(
      problem, weights: convolution.weights, bias: convolution.bias,
      activation: convolution.activation, residual: convolution.residual)
  }

  init(fullyConnected problem: StepProblem) throws(BackendError) {
    guard case .fullyConnected(let layer) = problem.operation else {
      preconditionFailure("not a fully connected layer")
    }
    try self.init(
      problem, weights: layer.weights, bias: layer.bias, activation: layer.activation,
      residual: .none)
  }

  private init(
    _ problem: StepProblem, weights: ConstantID, bias: ConstantID?, activation: Activation,
    residual: Convolution.Residual
  ) throws(BackendError) {
    let depth = problem.inputs[0].shape.last
    matrix = try problem.withFloats(weights, bias) { weights, bias throws(BackendError) in
      try PackedMatrix(
        rows: weights, depth: depth, columnCount: problem.output.shape.last,
        bias: bias)
    }
    rowCount = problem.output.shape.rowCount
    self.activation = activation
    self.residual = residual
  }

  /// What one takes of the problem's channels.
  static func floatCount(_ problem: StepProblem) -> Int {
    PackedMatrix.floatCount(
      depth: problem.inputs[0].shape.last, columnCount: problem.output.shape.last)
  }

  var sharedByteCount: Int { matrix.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = MatrixBody(
      input: binding.floats(0), output: binding.outputFloats, rowCount: rowCount,
      panels: matrix.view,
      epilogue: Epilogue(activation: activation, residual: residual, of: binding),
      workers: workers)
    return ParallelStep(
      body, partCount: body.partCount, workers: workers,
      keeping: [matrix.weights, matrix.bias])
  }
}
