import MNV4Core
import MNV4Graph

/// Products of two activations, and the weights that they are mixed with.
let attentionKernels: [Kernel] = [
  Kernel(
    name: "f32_matrix_product_swift_6x8",
    supports: { problem in
      guard case .matrixProduct = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { $0.nanoseconds(rate: Throughput.pointwise) + $0.memoryNanoseconds },
    memory: { .session(floatCount: PackedMatrixProduct($0).scratchFloatCount) },
    pack: { problem throws(BackendError) in PackedMatrixProduct(problem) }),
  Kernel(
    name: "f32_softmax_swift",
    supports: { problem in
      guard case .softmax = problem.operation, problem.isFloat else { return false }
      return true
    },
    nanoseconds: { problem in
      Double(problem.output.shape.elementCount) / Throughput.exponential
    },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in
      PackedSoftmax(rowCount: problem.output.shape.rowCount, length: problem.output.shape.last)
    }),
]
