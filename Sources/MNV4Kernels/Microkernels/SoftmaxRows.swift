import CMicrokernels
import MNV4Core
import MNV4Graph

/// Softmax of float32 and of 8-bit integers, to either.
func softmaxRowKernels() -> [Kernel] {
  entries(mnv4_softmax_kernel_at).flatMap { SoftmaxRows($0)?.kernels ?? [] }
}

private typealias SoftmaxFunction =
  @convention(c) (UnsafePointer<mnv4_softmax>?, Int, Int, UnsafeMutableRawPointer?) -> Void

/// A kernel of the C list that this processor runs.
private struct SoftmaxRows: Sendable {
  let name: String
  /// Exponentials a nanosecond.
  let rate: Double
  let run: SoftmaxFunction

  init?(_ entry: mnv4_softmax_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    // Products are not fused into sums, and rows are gone over three times.
    rate = 0.65 * MicrokernelRates.exponentials(set)
    self.run = run
  }

  var kernels: [Kernel] { [kernel(prefix: "f32"), kernel(prefix: "q8")] }

  /// - Parameter prefix: "f32", or "q8" for those whose probabilities are integers.
  private func kernel(prefix: String) -> Kernel {
    Kernel(
      name: "\(prefix)_\(name)",
      supports: { problem in
        guard case .softmax = problem.operation, problem.output.isFloat == (prefix == "f32") else {
          return false
        }
        return Self.scratchByteCount(problem) <= Workspace.maximumSlotByteCount
      },
      nanoseconds: { problem in
        Double(problem.output.shape.elementCount) / rate
          + Double(problem.output.shape.rowCount) * Self.rowNanoseconds
          + MicrokernelRates.overheadNanoseconds
      },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in PackedSoftmaxRows(problem, self) },
      workspaceByteCount: Self.scratchByteCount)
  }

  /// What a row costs besides its elements.
  static let rowNanoseconds = 2.0

  @Sendable static func scratchByteCount(_ problem: StepProblem) -> Int {
    mnv4_softmax_scratch_bytes(problem.output.shape.last)
  }
}

private struct PackedSoftmaxRows: PackedKernel {
  let kernel: SoftmaxRows
  let input: Value
  let output: Value
  let workspaceByteCount: Int

  init(_ problem: StepProblem, _ kernel: SoftmaxRows) {
    self.kernel = kernel
    input = problem.inputs[0]
    output = problem.output
    workspaceByteCount = SoftmaxRows.scratchByteCount(problem)
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    var softmax = mnv4_softmax()
    softmax.input = binding.inputs[0]
    softmax.input_type = input.inSoftmax
    softmax.output = binding.output
    softmax.output_type = output.inSoftmax
    softmax.length = output.shape.last
    if !input.isFloat {
      softmax.input_scale = input.scale
      softmax.input_zero_point = input.zeroPoint
    }
    if !output.isFloat {
      softmax.output_scale = output.scale
      softmax.output_zero_point = output.zeroPoint
    }
    let body = SoftmaxRowsBody(
      run: kernel.run, softmax: softmax,
      rows: Partition(
        count: output.shape.rowCount,
        nanosecondsPerItem: Double(softmax.length) / kernel.rate + SoftmaxRows.rowNanoseconds,
        workers: workers))
    return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
  }
}

extension Value {
  fileprivate var inSoftmax: mnv4_softmax_type {
    isFloat
      ? MNV4_SOFTMAX_FLOAT32 : elementType == .int8 ? MNV4_SOFTMAX_INT8 : MNV4_SOFTMAX_UINT8
  }
}

private struct SoftmaxRowsBody: ScratchStepBody {
  let run: SoftmaxFunction
  let softmax: mnv4_softmax
  let rows: Partition

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    var own = softmax
    let range = rows[part]
    run(&own, range.lowerBound, range.upperBound, scratch)
  }
}
