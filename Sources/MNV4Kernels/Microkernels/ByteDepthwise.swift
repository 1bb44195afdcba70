import CMicrokernels
import MNV4Core
import MNV4Graph

/// Integer convolutions in which each output channel reads the input channel of the same number.
func byteDepthwiseKernels() -> [Kernel] {
  ByteDepthwise.all.map(\.kernel)
}

/// A kernel of the C list that this processor runs.
struct ByteDepthwise: Sendable {
  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let weights: ClosedRange<Int32>
  let supports: @convention(c) (UnsafePointer<mnv4_q8_depthwise_layer>?) -> Bool
  let packedByteCount: @convention(c) (UnsafePointer<mnv4_q8_depthwise_layer>?) -> Int
  let pack:
    @convention(c) (
      UnsafePointer<mnv4_q8_depthwise_layer>?, UnsafePointer<mnv4_q8_depthwise_constants>?,
      UnsafeMutableRawPointer?
    ) -> Void
  let scratchByteCount: @convention(c) (UnsafePointer<mnv4_q8_depthwise_layer>?) -> Int
  let run: @convention(c) (UnsafePointer<mnv4_q8_depthwise_call>?) -> Void

  /// Those that this processor runs, the fastest first.
  static let all: [ByteDepthwise] = UnsafeBufferPointer(
    start: mnv4_q8_depthwise_kernels(), count: Int(mnv4_q8_depthwise_kernel_count())
  ).compactMap(ByteDepthwise.init)

  init?(_ entry: mnv4_q8_depthwise_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let supports = entry.supports, let packedByteCount = entry.packed_byte_count,
      let pack = entry.pack, let scratchByteCount = entry.scratch_byte_count,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .integers(set)
    weights = entry.least_weight...entry.greatest_weight
    self.supports = supports
    self.packedByteCount = packedByteCount
    self.pack = pack
    self.scratchByteCount = scratchByteCount
    self.run = run
  }

  var kernel: Kernel {
    Kernel(
      name: name, supports: { layer($0) != nil },
      nanoseconds: { problem in
        guard case .convolution(let convolution) = problem.operation else { return 0 }
        return rates.nanoseconds(convolution, of: problem)
      },
      memory: { problem in
        guard let layer = layer(problem) else { return .none }
        return BackendMemory(sharedByteCount: packedByteCount(of: layer))
      },
      pack: { problem throws(BackendError) in
        guard let layer = layer(problem) else { preconditionFailure("not \(name)") }
        return try PackedByteDepthwise(self, layer, problem)
      },
      workspaceByteCount: { problem in layer(problem).map { scratchByteCount(of: $0) } ?? 0 })
  }

  func packedByteCount(of layer: mnv4_q8_depthwise_layer) -> Int {
    withUnsafePointer(to: layer) { packedByteCount($0) }
  }

  func scratchByteCount(of layer: mnv4_q8_depthwise_layer) -> Int {
    withUnsafePointer(to: layer) { scratchByteCount($0) }
  }

  /// Nil where the problem is none that the kernel computes.
  func layer(_ problem: StepProblem) -> mnv4_q8_depthwise_layer? {
    guard !problem.inputs[0].isFloat, case .convolution(let convolution) = problem.operation,
      convolution.isDepthwise(
        inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last)
    else { return nil }
    let geometry = WindowGeometry(convolution, of: problem)
    // There are two channels or more: extents are below 2³⁰ where these products fit.
    guard
      Int32.holds(
        geometry.inputWidth * geometry.outputChannels,
        geometry.inputHeight * geometry.outputChannels,
        geometry.outputWidth * geometry.outputChannels,
        geometry.outputHeight * geometry.outputChannels,
        geometry.inputHeight * geometry.inputWidth,
        geometry.outputHeight * geometry.outputWidth)
    else { return nil }
    let layer = Self.layer(geometry, problem, convolution.activation)
    let isSupported =
      withUnsafePointer(to: layer) { supports($0) }
      && scratchByteCount(of: layer) <= Workspace.maximumSlotByteCount
    return isSupported && holdsWeights(of: convolution, problem) ? layer : nil
  }

  private func holdsWeights(of convolution: Convolution, _ problem: StepProblem) -> Bool {
    let constant = problem.constant(convolution.weights)
    guard let range = constant.elementType.integerRange,
      let zeroPoint = constant.quantization?.zeroPoints[0]
    else { return false }
    return weights.contains(range.lowerBound - zeroPoint)
      && weights.contains(range.upperBound - zeroPoint)
  }

  private static func layer(
    _ geometry: WindowGeometry, _ problem: StepProblem, _ activation: Activation
  ) -> mnv4_q8_depthwise_layer {
    let (input, output) = (problem.inputs[0], problem.output)
    var layer = mnv4_q8_depthwise_layer()
    layer.channels = Int32(geometry.outputChannels)
    layer.input_height = Int32(geometry.inputHeight)
    layer.input_width = Int32(geometry.inputWidth)
    layer.output_height = Int32(geometry.outputHeight)
    layer.output_width = Int32(geometry.outputWidth)
    layer.kernel_height = Int32(geometry.kernelHeight)
    layer.kernel_width = Int32(geometry.kernelWidth)
    layer.stride_height = Int32(geometry.strideHeight)
    layer.stride_width = Int32(geometry.strideWidth)
    layer.dilation_height = 1
    layer.dilation_width = 1
    layer.padding_top = Int32(geometry.top)
    layer.padding_left = Int32(geometry.left)
    layer.input_is_signed = input.elementType == .int8
    layer.input_zero_point = input.zeroPoint
    if output.isFloat {
      let bounds = activation.bounds
      layer.output_type = Int32(MNV4_Q8_DEPTHWISE_FLOAT32)
      layer.float_lower = bounds.lowerBound
      layer.float_upper = bounds.upperBound
    } else {
      let bounds = output.integerRange(after: activation)
      layer.output_type = Int32(
        output.elementType == .int8 ? MNV4_Q8_DEPTHWISE_INT8 : MNV4_Q8_DEPTHWISE_UINT8)
      layer.output_zero_point = output.zeroPoint
      layer.output_lower = bounds.lowerBound
      layer.output_upper = bounds.upperBound
    }
    return layer
  }
}

struct PackedByteDepthwise: PackedKernel {
  let kernel: ByteDepthwise
  let layer: mnv4_q8_depthwise_layer
  let imageCount: Int
  let outputElementByteCount: Int
  let constants: AlignedBuffer

  init(
    _ kernel: ByteDepthwise, _ layer: mnv4_q8_depthwise_layer, _ problem: StepProblem
  ) throws(BackendError) {
    guard case .convolution(let convolution) = problem.operation else {
      preconditionFailure("not a convolution")
    }
    self.kernel = kernel
    self.layer = layer
    imageCount = problem.output.shape[0]
    outputElementByteCount = problem.output.elementType.byteCount
    let buffer = try allocate(count: kernel.packedByteCount(of: layer), of: UInt8.self)
    constants = buffer
    let count = problem.constant(convolution.weights).shape.elementCount
    let weights = try problem.withIntegers(convolution.weights) { source throws(BackendError) in
      (0..<count).map { Int16(truncatingIfNeeded: source[$0]) }
    }
    let scales = problem.layerScales(convolution.weights)
    let bias = problem.layerBias(convolution.bias, count: scales.count)
    weights.withUnsafeBufferPointer { weights in
      bias.withUnsafeBufferPointer { bias in
        scales.withUnsafeBufferPointer { scales in
          var constants = mnv4_q8_depthwise_constants(
            weights: weights.baseAddress, bias: bias.baseAddress, scales: scales.baseAddress)
          withUnsafePointer(to: layer) {
            kernel.pack($0, &constants, buffer.pointer(as: UInt8.self))
          }
        }
      }
    }
  }

  /// Of a row's time that which makes the input ready: rows next to a cell's own are made ready for it, too.
  private static let rowShare = 0.25

  var sharedByteCount: Int { constants.byteCount }
  var workspaceByteCount: Int { kernel.scratchByteCount(of: layer) }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteDepthwiseBody(
      run: kernel.run, layer: layer,
      constants: UnsafeRawPointer(constants.pointer(as: UInt8.self)),
      input: binding.inputs[0], output: binding.output,
      inputImageByteCount: Int(layer.input_height) * Int(layer.input_width)
        * Int(layer.channels),
      outputImageByteCount: Int(layer.output_height) * Int(layer.output_width)
        * Int(layer.channels) * outputElementByteCount,
      imageCount: imageCount,
      cells: cells(binding, workers))
    return ParallelStep(
      body, partCount: body.partCount, workers: workers, keeping: [constants])
  }

  func cut(_ binding: StepBinding, workers: Workers) -> ThreadCut? {
    imageCount == 1 ? cells(binding, workers).cut : nil
  }

  /// Of each image.
  private func cells(_ binding: StepBinding, _ workers: Workers) -> Grid {
    let perElement =
      Double(layer.kernel_height * layer.kernel_width)
      / kernel.rates.depthwise(
        Extent(Int(layer.kernel_height), Int(layer.kernel_width)),
        stride: Extent(Int(layer.stride_height), Int(layer.stride_width)))
    let inputsPerOutput =
      Double(layer.input_height) * Double(layer.input_width) / Double(layer.output_height)
    return Grid(
      rowCount: Int(layer.output_height), rowUnit: Int(layer.kernel_height) > 3 ? 4 : 2,
      extraRowCount: Self.rowShare * Double(layer.kernel_height - layer.stride_height),
      columnCount: Int(layer.channels), columnUnit: Int(MNV4_Q8_DEPTHWISE_CHANNELS),
      itemByteCount: inputsPerOutput, itemCut: imageCount == 1 ? binding.inputCut : nil,
      nanosecondsPerItem: perElement * Double(layer.output_width), workers: workers)
  }
}

/// Image by image, a grid of rows by channels of the output.
private struct ByteDepthwiseBody: ScratchStepBody {
  let run: @convention(c) (UnsafePointer<mnv4_q8_depthwise_call>?) -> Void
  let layer: mnv4_q8_depthwise_layer
  let constants: UnsafeRawPointer
  let input: UnsafeRawPointer
  let output: UnsafeMutableRawPointer
  let inputImageByteCount: Int
  let outputImageByteCount: Int
  let imageCount: Int
  let cells: Grid

  var partCount: Int { imageCount * cells.partCount }

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (image, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, channels) = cells[cell]
    withUnsafePointer(to: layer) { layer in
      var call = mnv4_q8_depthwise_call(
        layer: layer, packed: constants, input: input + image &* inputImageByteCount,
        output: output + image &* outputImageByteCount, scratch: scratch,
        row_begin: Int32(rows.lowerBound), row_end: Int32(rows.upperBound),
        channel_begin: Int32(channels.lowerBound), channel_end: Int32(channels.upperBound))
      self.run(&call)
    }
  }
}
