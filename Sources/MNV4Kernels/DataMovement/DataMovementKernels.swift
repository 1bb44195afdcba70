import MNV4Core
import MNV4Graph

/// Operations that only move elements.
let dataMovementKernels: [Kernel] = [
  Kernel(
    name: "f32_copy_swift",
    supports: { problem in
      switch problem.operation {
      case .slice, .concatenation, .reshape: true
      case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
        .multiply, .globalAveragePool, .averagePool, .matrixProduct, .softmax, .pad,
        .resizeBilinear, .quantize, .dequantize:
        false
      }
    },
    nanoseconds: { $0.memoryNanoseconds },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in PackedCopies(problem) })
]

/// One run of each row of an input, to one run of each row of the output.
struct RowCopy: Sendable {
  let input: Int
  let sourceOffset: Int
  let sourceStride: Int
  let targetOffset: Int
  let count: Int
}

struct PackedCopies: PackedKernel {
  let copies: [RowCopy]
  let rowCount: Int
  let targetStride: Int

  init(_ problem: StepProblem) {
    let shape = problem.output.shape
    targetStride = shape.last
    rowCount = shape.rowCount
    if case .slice(let slice) = problem.operation {
      copies = [
        RowCopy(
          input: 0, sourceOffset: slice.start, sourceStride: problem.inputs[0].shape.last,
          targetOffset: 0, count: slice.count)
      ]
    } else if case .concatenation = problem.operation {
      var offset = 0
      copies = problem.inputs.indices.map { index in
        let channels = problem.inputs[index].shape.last
        defer { offset += channels }
        return RowCopy(
          input: index, sourceOffset: 0, sourceStride: channels, targetOffset: offset,
          count: channels)
      }
    } else {
      copies = [
        RowCopy(
          input: 0, sourceOffset: 0, sourceStride: shape.last, targetOffset: 0, count: shape.last)
      ]
    }
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let steps = copies.map { item -> any PreparedStep in
      let body = CopyBody(
        source: binding.floats(item.input) + item.sourceOffset, sourceStride: item.sourceStride,
        target: binding.outputFloats + item.targetOffset, targetStride: targetStride,
        count: item.count,
        rows: Partition(
          count: rowCount, nanosecondsPerItem: Double(item.count * 8) / Throughput.memory,
          workers: workers))
      return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
    }
    return steps.count == 1 ? steps[0] : StepSequence(steps)
  }
}

/// Any alignment. Source and target are the same memory or do not overlap; nothing is read or
/// written outside the runs.
struct CopyBody: StepBody {
  let source: UnsafePointer<Float>
  let sourceStride: Int
  let target: UnsafeMutablePointer<Float>
  let targetStride: Int
  let count: Int
  let rows: Partition

  func run(part: Int) {
    let range = rows[part]
    if count == sourceStride && count == targetStride {
      let offset = range.lowerBound &* count
      copy(source + offset, to: target + offset, count: range.count &* count)
      return
    }
    for row in range {
      copy(source + row &* sourceStride, to: target + row &* targetStride, count: count)
    }
  }
}
