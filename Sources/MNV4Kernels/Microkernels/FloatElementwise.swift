import CMicrokernels
import MNV4Core
import MNV4Graph

/// Additions, products, functions and means of float32.
func floatElementwiseKernels() -> [Kernel] {
  entries(mnv4_f32_elementwise_kernel_at).flatMap { FloatElementwise($0)?.kernels ?? [] }
}

private typealias FloatRowFunction =
  @convention(c) (UnsafePointer<mnv4_f32_elementwise>?, Int, Int) -> Void

/// An instruction set's kernels of the C list, one that this processor runs.
private struct FloatElementwise: Sendable {
  let name: String
  /// Elements a nanosecond.
  let rate: Double
  let add: FloatRowFunction
  let multiply: FloatRowFunction
  let activate: FloatRowFunction
  let globalPool: @convention(c) (UnsafePointer<mnv4_f32_global_pool>?, Int, Int) -> Void

  init?(_ entry: mnv4_f32_elementwise_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let add = entry.add, let multiply = entry.multiply, let activate = entry.activate,
      let globalPool = entry.global_pool
    else { return nil }
    self.name = String(cString: name).replacing("f32_elementwise_", with: "")
    rate = MicrokernelRates.floats(set).elements
    self.add = add
    self.multiply = multiply
    self.activate = activate
    self.globalPool = globalPool
  }

  var kernels: [Kernel] {
    [
      rowKernel("add", add) { problem in
        guard case .add(let add) = problem.operation else { return nil }
        return FloatRowOperation(
          activation: add.activation, secondChannels: add.channelCount, rowsPerSecond: 1)
      },
      rowKernel("multiply", multiply) { problem in
        guard case .multiply(let multiply) = problem.operation else { return nil }
        let (first, second) = (problem.inputs[0].shape, problem.inputs[1].shape)
        return FloatRowOperation(
          activation: multiply.activation, secondChannels: nil,
          rowsPerSecond: first.rowCount / second.rowCount)
      },
      rowKernel("activation", activate) { problem in
        guard case .activation(let activation) = problem.operation else { return nil }
        return FloatRowOperation(activation: activation, secondChannels: nil, rowsPerSecond: 1)
      },
      Kernel(
        name: "f32_global_average_pool_\(name)",
        supports: { problem in
          guard problem.isFloat, problem.operation == .globalAveragePool else { return false }
          return problem.inputs[0].shape.elementCount / problem.output.shape.elementCount <= 1 << 24
        },
        nanoseconds: { problem in
          Double(problem.inputs[0].shape.elementCount) / rate
            + MicrokernelRates.overheadNanoseconds
        },
        memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedFloatPool(problem, self) }),
    ]
  }

  private func rowKernel(
    _ operation: String, _ function: @escaping FloatRowFunction,
    make: @escaping @Sendable (StepProblem) -> FloatRowOperation?
  ) -> Kernel {
    Kernel(
      name: "f32_\(operation)_\(name)",
      supports: { problem in
        problem.isFloat && make(problem)?.activation.isFusedInC == true
      },
      nanoseconds: { problem in
        Double(problem.output.shape.elementCount) / rate + MicrokernelRates.overheadNanoseconds
      },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in
        guard let operation = make(problem) else { preconditionFailure("not \(name)") }
        return PackedFloatRows(
          function: function, operation: operation, shape: problem.output.shape, rate: rate)
      })
  }
}

/// What is done to rows of float32.
private struct FloatRowOperation: Sendable {
  let activation: Activation
  /// How many of a row's first channels have a second operand; nil where all do.
  let secondChannels: Int?
  /// How many successive rows meet the same row of the second operand; 1 advances with each.
  let rowsPerSecond: Int
}

private struct PackedFloatRows: PackedKernel {
  let function: FloatRowFunction
  let operation: FloatRowOperation
  let shape: Shape
  let rate: Double

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let channels = shape.last
    let bounds = operation.activation.bounds
    var problem = mnv4_f32_elementwise()
    problem.first = binding.floats(0)
    problem.first_stride = channels
    problem.second = binding.inputs.count > 1 ? binding.floats(1) : nil
    problem.second_stride = operation.rowsPerSecond == 1 ? channels : 0
    problem.second_channels = operation.secondChannels ?? channels
    problem.output = binding.outputFloats
    problem.output_stride = channels
    problem.channels = channels
    problem.activation = operation.activation.inC
    problem.low = bounds.lowerBound
    problem.high = bounds.upperBound
    let body = FloatRowsBody(
      run: function, problem: problem, rowsPerSecond: operation.rowsPerSecond,
      rows: Partition(
        count: shape.rowCount, nanosecondsPerItem: Double(channels) / rate, workers: workers))
    return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
  }
}

private struct FloatRowsBody: StepBody {
  let run: FloatRowFunction
  let problem: mnv4_f32_elementwise
  let rowsPerSecond: Int
  let rows: Partition

  func run(part: Int) {
    var own = problem
    let range = rows[part]
    guard rowsPerSecond > 1 else { return run(&own, range.lowerBound, range.upperBound) }
    var start = range.lowerBound
    while start < range.upperBound {
      let row = start / rowsPerSecond
      let end = min((row &+ 1) &* rowsPerSecond, range.upperBound)
      own.second = problem.second.map { $0 + row &* problem.channels }
      run(&own, start, end)
      start = end
    }
  }
}

private struct PackedFloatPool: PackedKernel {
  let input: Shape
  let kernels: FloatElementwise

  init(_ problem: StepProblem, _ kernels: FloatElementwise) {
    input = problem.inputs[0].shape
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let channels = input.last
    let pixels = input[1] * input[2]
    let body = FloatPoolBody(
      run: kernels.globalPool,
      problem: mnv4_f32_global_pool(
        input: binding.floats(0), input_stride: channels, pixels: pixels,
        output: binding.outputFloats),
      imageCount: input[0],
      channels: Partition(
        count: channels, unit: 16, nanosecondsPerItem: Double(pixels) / kernels.rate,
        workers: workers))
    return ParallelStep(body, partCount: body.partCount, workers: workers)
  }
}

private struct FloatPoolBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_f32_global_pool>?, Int, Int) -> Void
  /// Of the first image.
  let problem: mnv4_f32_global_pool
  let imageCount: Int
  let channels: Partition

  var partCount: Int { imageCount * channels.partCount }

  func run(part: Int) {
    let (image, cell) = part.quotientAndRemainder(dividingBy: channels.partCount)
    var own = problem
    own.input += image &* own.pixels &* own.input_stride
    own.output += image &* own.input_stride
    run(&own, channels[cell].lowerBound, channels[cell].upperBound)
  }
}
