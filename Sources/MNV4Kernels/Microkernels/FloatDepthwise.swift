import CMicrokernels
import MNV4Core
import MNV4Graph

/// float32 convolutions in which each output channel reads the input channel of the same number.
func floatDepthwiseKernels() -> [Kernel] {
  FloatDepthwise.all.map(\.kernel)
}

/// A kernel of the C list that this processor runs.
struct FloatDepthwise: Sendable {
  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let rowStep: Int
  let run: @convention(c) (UnsafePointer<mnv4_f32_depthwise>?, mnv4_f32_depthwise_range) -> Void

  static let blockWidth = Int(MNV4_F32_DEPTHWISE_BLOCK)

  /// Those that this processor runs, the fastest first.
  static let all: [FloatDepthwise] = entries(mnv4_f32_depthwise_kernel_at).compactMap(
    FloatDepthwise.init)

  init?(_ entry: mnv4_f32_depthwise_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .floats(set)
    rowStep = Int(entry.tile_rows)
    self.run = run
  }

  var kernel: Kernel {
    Kernel(
      name: name, supports: { Self.convolution($0) != nil },
      nanoseconds: { problem in
        guard let convolution = Self.convolution(problem) else { return 0 }
        return rates.nanoseconds(convolution, of: problem) + problem.passNanoseconds(set)
      },
      memory: { problem in
        guard let convolution = Self.convolution(problem) else { return .none }
        return .shared(floatCount: Self.packedCount(WindowGeometry(convolution, of: problem)))
      },
      pack: { problem throws(BackendError) in
        guard let convolution = Self.convolution(problem) else {
          preconditionFailure("not \(name)")
        }
        return try PackedFloatDepthwise(self, convolution, problem)
      })
  }

  static func convolution(_ problem: StepProblem) -> Convolution? {
    guard problem.isFloat, case .convolution(let convolution) = problem.operation,
      convolution.isDepthwise(
        inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last),
      WindowGeometry(convolution, of: problem).fitsFloatKernels
    else { return nil }
    return convolution
  }

  /// Floats of weights and bias.
  static func packedCount(_ geometry: WindowGeometry) -> Int {
    saturatingProduct(
      geometry.outputChannels.roundedUp(to: blockWidth), saturatingSum(geometry.tapCount, 1))
  }
}

/// Blocks of weights, then of bias.
struct PackedFloatDepthwise: PackedKernel {
  let kernel: FloatDepthwise
  let convolution: Convolution
  let geometry: WindowGeometry
  let constants: AlignedBuffer

  init(
    _ kernel: FloatDepthwise, _ convolution: Convolution, _ problem: StepProblem
  ) throws(BackendError) {
    self.kernel = kernel
    self.convolution = convolution
    let geometry = WindowGeometry(convolution, of: problem)
    self.geometry = geometry
    let buffer = try allocate(floatCount: FloatDepthwise.packedCount(geometry))
    constants = buffer
    let target = buffer.pointer(as: Float.self)
    try problem.withFloats(
      convolution.weights, convolution.bias
    ) { weights, bias throws(BackendError) in
      mnv4_f32_depthwise_pack(weights, geometry.tapCount, geometry.outputChannels, target)
      guard let bias else { return }
      (target + Self.weightCount(geometry)).update(from: bias, count: geometry.outputChannels)
    }
  }

  private static func weightCount(_ geometry: WindowGeometry) -> Int {
    geometry.outputChannels.roundedUp(to: FloatDepthwise.blockWidth) * geometry.tapCount
  }

  var sharedByteCount: Int { constants.byteCount }

  /// The first image.
  func problem(_ binding: StepBinding) -> mnv4_f32_depthwise {
    let channels = geometry.outputChannels
    let weights = UnsafePointer(constants.pointer(as: Float.self))
    var problem = mnv4_f32_depthwise()
    problem.input = binding.floats(0)
    problem.input_stride = channels
    problem.weights = weights
    problem.bias = weights + Self.weightCount(geometry)
    problem.output = binding.outputFloats
    problem.output_stride = channels
    problem.channels = channels
    problem.input_height = Int32(geometry.inputHeight)
    problem.input_width = Int32(geometry.inputWidth)
    problem.output_height = Int32(geometry.outputHeight)
    problem.output_width = Int32(geometry.outputWidth)
    problem.kernel_height = Int32(geometry.kernelHeight)
    problem.kernel_width = Int32(geometry.kernelWidth)
    problem.stride_height = Int32(geometry.strideHeight)
    problem.stride_width = Int32(geometry.strideWidth)
    problem.dilation_height = 1
    problem.dilation_width = 1
    problem.pad_top = Int32(geometry.top)
    problem.pad_left = Int32(geometry.left)
    problem.epilogue = mnv4_f32_epilogue(
      convolution.activation, convolution.residual, of: binding, columnCount: channels)
    return problem
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let pixelNanoseconds =
      Double(FloatDepthwise.blockWidth * geometry.tapCount)
      / kernel.rates.depthwise(convolution.kernel, stride: convolution.stride)
    let body = FloatDepthwiseBody(
      run: kernel.run, problem: problem(binding),
      function: FloatFunction(convolution.activation, kernel.set), rowStep: kernel.rowStep,
      imageCount: geometry.batchCount,
      cells: Grid(
        rowCount: geometry.outputHeight, rowUnit: kernel.rowStep,
        columnCount: geometry.outputChannels.roundedUp(to: FloatDepthwise.blockWidth)
          / FloatDepthwise.blockWidth,
        nanosecondsPerItem: pixelNanoseconds * Double(geometry.outputWidth), workers: workers))
    return ParallelStep(
      body, partCount: body.partCount, workers: workers, keeping: [constants])
  }
}

/// Image by image, a grid of rows by blocks of channels.
private struct FloatDepthwiseBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_f32_depthwise>?, mnv4_f32_depthwise_range) -> Void
  /// Of the first image.
  let problem: mnv4_f32_depthwise
  /// What is applied to the stored sums.
  let function: FloatFunction?
  let rowStep: Int
  let imageCount: Int
  let cells: Grid

  var partCount: Int { imageCount * cells.partCount }

  func run(part: Int) {
    let (image, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, blocks) = cells[cell]
    var own = problem
    let width = Int(own.output_width)
    let outputs = image &* width &* Int(own.output_height) &* own.output_stride
    own.input += image &* Int(own.input_height) &* Int(own.input_width) &* own.input_stride
    own.output += outputs
    own.epilogue.residual = own.epilogue.residual.map { $0 + outputs }
    guard let function else { return run(&own, rows: rows, blocks: blocks) }
    let first = blocks.lowerBound &* FloatDepthwise.blockWidth
    let last = min(blocks.upperBound &* FloatDepthwise.blockWidth, own.channels)
    let most = FloatFunction.rowsAtATime(of: width &* (last &- first), unit: rowStep)
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min(start &+ most, rows.upperBound)
      run(&own, rows: start..<end, blocks: blocks)
      function(
        own.output + (start &* width &* own.output_stride &+ first),
        rows: (end &- start) &* width, columns: last &- first, stride: own.output_stride)
      start = end
    }
  }

  private func run(
    _ problem: inout mnv4_f32_depthwise, rows: Range<Int>, blocks: Range<Int>
  ) {
    run(
      &problem,
      mnv4_f32_depthwise_range(
        row_begin: Int32(rows.lowerBound), row_end: Int32(rows.upperBound),
        block_begin: blocks.lowerBound, block_end: blocks.upperBound))
  }
}
