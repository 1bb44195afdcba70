import CMicrokernels
import MNV4Core
import MNV4Graph

/// Means over windows, of float32 and of 8-bit integers.
func averagePoolKernels() -> [Kernel] {
  entries(mnv4_average_pool_kernel_at).flatMap { AveragePools($0)?.kernels ?? [] }
}

private typealias AveragePoolFunction =
  @convention(c) (UnsafePointer<mnv4_average_pool>?, mnv4_average_pool_range) -> Void

/// A kernel of the C list that this processor runs.
private struct AveragePools: Sendable {
  let name: String
  /// Elements added a nanosecond.
  let rate: Double
  let run: AveragePoolFunction

  init?(_ entry: mnv4_average_pool_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    rate = MicrokernelRates.floats(set).outputs
    self.run = run
  }

  var kernels: [Kernel] { [kernel(prefix: "f32"), kernel(prefix: "q8")] }

  private func kernel(prefix: String) -> Kernel {
    Kernel(
      name: "\(prefix)_average_pool_\(name)",
      supports: { problem in
        problem.output.isFloat == (prefix == "f32") && Self.geometry(problem) != nil
      },
      nanoseconds: { problem in
        let taps = Self.geometry(problem)?.tapCount ?? 0
        return Double(problem.output.shape.elementCount) * Double(taps + 2) / rate
          + MicrokernelRates.overheadNanoseconds
      },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in
        guard let geometry = Self.geometry(problem) else { preconditionFailure("not a pool") }
        return PackedAveragePool(
          pools: self, geometry: geometry, input: problem.inputs[0], output: problem.output)
      })
  }

  /// Nil where the problem is no such mean, or larger than the kernels count.
  private static func geometry(_ problem: StepProblem) -> WindowGeometry? {
    guard case .averagePool(let pool) = problem.operation else { return nil }
    let geometry = WindowGeometry(
      input: problem.inputs[0], output: problem.output, kernel: pool.kernel, stride: pool.stride,
      padding: pool.padding)
    let isExact = problem.isFloat || geometry.tapCount <= exactFloatLimit / 255
    return geometry.fitsFloatKernels && isExact ? geometry : nil
  }
}

private struct PackedAveragePool: PackedKernel {
  let pools: AveragePools
  let geometry: WindowGeometry
  let input: Value
  let output: Value

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    var pool = mnv4_average_pool()
    pool.type =
      input.isFloat
      ? MNV4_AVERAGE_POOL_FLOAT32
      : input.elementType == .int8 ? MNV4_AVERAGE_POOL_INT8 : MNV4_AVERAGE_POOL_UINT8
    pool.input = binding.inputs[0]
    pool.output = binding.output
    pool.channels = geometry.outputChannels
    pool.input_height = Int32(geometry.inputHeight)
    pool.input_width = Int32(geometry.inputWidth)
    pool.output_height = Int32(geometry.outputHeight)
    pool.output_width = Int32(geometry.outputWidth)
    pool.kernel_height = Int32(geometry.kernelHeight)
    pool.kernel_width = Int32(geometry.kernelWidth)
    pool.stride_height = Int32(geometry.strideHeight)
    pool.stride_width = Int32(geometry.strideWidth)
    pool.pad_top = Int32(geometry.top)
    pool.pad_left = Int32(geometry.left)
    if !input.isFloat {
      pool.input_scale = input.scale
      pool.output_scale = output.scale
      pool.input_zero_point = input.zeroPoint
      pool.output_zero_point = output.zeroPoint
    }
    let body = AveragePoolBody(
      run: pools.run, pool: pool, imageCount: geometry.batchCount,
      elementByteCount: input.elementType.byteCount,
      cells: Grid(
        rowCount: geometry.outputHeight, columnCount: geometry.outputChannels, columnUnit: 64,
        nanosecondsPerItem: Double(geometry.outputWidth * geometry.tapCount) / pools.rate,
        workers: workers))
    return ParallelStep(body, partCount: body.partCount, workers: workers)
  }
}

/// Image by image, a grid of rows by channels.
private struct AveragePoolBody: StepBody {
  let run: AveragePoolFunction
  /// Of the first image.
  let pool: mnv4_average_pool
  let imageCount: Int
  let elementByteCount: Int
  let cells: Grid

  var partCount: Int { imageCount * cells.partCount }

  func run(part: Int) {
    let (image, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, channels) = cells[cell]
    var own = pool
    let inputs = Int(own.input_height) &* Int(own.input_width)
    let outputs = Int(own.output_height) &* Int(own.output_width)
    own.input += image &* inputs &* own.channels &* elementByteCount
    own.output += image &* outputs &* own.channels &* elementByteCount
    run(
      &own,
      mnv4_average_pool_range(
        row_begin: Int32(rows.lowerBound), row_end: Int32(rows.upperBound),
        channel_begin: channels.lowerBound, channel_end: channels.upperBound))
  }
}
