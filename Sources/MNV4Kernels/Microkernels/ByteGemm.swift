import CMicrokernels
import MNV4Core
import MNV4Graph

/// Integer convolutions and fully connected layers as matrix products.
func byteGemmKernels() -> [Kernel] { ByteGemm.all.map(\.kernel) }

typealias ByteGemmFunction =
  @convention(c) (
    UnsafePointer<mnv4_q8_gemm_problem>?, UnsafePointer<mnv4_q8_gemm_range>?,
    UnsafeMutableRawPointer?
  ) -> Void

/// A kernel of the C list that this processor runs.
struct ByteGemm: Sendable {
  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let pixelStep: Int
  let channelStep: Int
  let packedByteCount: @convention(c) (UnsafePointer<mnv4_q8_gemm_shape>?) -> Int
  let pack:
    @convention(c) (
      UnsafePointer<mnv4_q8_gemm_shape>?, UnsafePointer<mnv4_q8_gemm_constants>?,
      UnsafeMutableRawPointer?
    ) -> Void
  let scratchByteCount: @convention(c) (UnsafePointer<mnv4_q8_gemm_shape>?) -> Int
  let run: ByteGemmFunction

  /// Those that this processor runs, the fastest first.
  static let all: [ByteGemm] = entries(mnv4_q8_gemm_kernel_at).compactMap(ByteGemm.init)

  init?(_ entry: mnv4_q8_gemm_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let packedByteCount = entry.packed_byte_count, let pack = entry.pack,
      let scratchByteCount = entry.scratch_byte_count, let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .integers(set)
    pixelStep = Int(entry.pixel_step)
    channelStep = Int(entry.channel_step)
    self.packedByteCount = packedByteCount
    self.pack = pack
    self.scratchByteCount = scratchByteCount
    self.run = run
  }

  var kernel: Kernel {
    Kernel(
      name: name,
      supports: { problem in
        ByteGemmLayer(problem).map { scratchByteCount(of: $0.shape) }.map {
          $0 <= Workspace.maximumSlotByteCount
        } ?? false
      },
      nanoseconds: { problem in
        ByteGemmLayer(problem).map { nanoseconds($0, problem) } ?? 0
      },
      memory: { problem in
        guard let layer = ByteGemmLayer(problem) else { return .none }
        return BackendMemory(
          sharedByteCount: saturatingProduct(layer.groupCount, packedByteCount(of: layer.shape)))
      },
      pack: { problem throws(BackendError) in
        guard let layer = ByteGemmLayer(problem) else { preconditionFailure("not \(name)") }
        return try PackedByteGemm(self, layer, problem)
      },
      workspaceByteCount: { problem in
        ByteGemmLayer(problem).map { scratchByteCount(of: $0.shape) } ?? 0
      })
  }

  func packedByteCount(of shape: mnv4_q8_gemm_shape) -> Int {
    withUnsafePointer(to: shape) { packedByteCount($0) }
  }

  func scratchByteCount(of shape: mnv4_q8_gemm_shape) -> Int {
    withUnsafePointer(to: shape) { scratchByteCount($0) }
  }

  /// Columns beyond the last whole vector, and products beyond the last whole four, cost as much.
  private func nanoseconds(_ layer: ByteGemmLayer, _ problem: StepProblem) -> Double {
    let pixels = Double(layer.groupCount * problem.output.shape.rowCount)
    let columns = Double(layer.columnCount.roundedUp(to: 16))
    let products = pixels * columns * Double(layer.depth.roundedUp(to: 4))
    return max(
      products / rates.matrix + pixels * (columns + Double(layer.depth)) / rates.outputs,
      Double(problem.operandByteCount) / MicrokernelRates.memory)
      + MicrokernelRates.overheadNanoseconds
  }
}

/// The groups' constants, one after the other.
struct PackedByteGemm: PackedKernel {
  let gemm: ByteGemm
  let layer: ByteGemmLayer
  let input: Value
  let output: Value
  /// What follows the product in the same call.
  let addition: ByteGemmAddition?
  let constants: AlignedBuffer
  let groupByteCount: Int

  init(
    _ gemm: ByteGemm, _ layer: ByteGemmLayer, _ problem: StepProblem,
    addition: ByteGemmAddition? = nil
  ) throws(BackendError) {
    self.gemm = gemm
    self.layer = layer
    self.addition = addition
    input = problem.inputs[0]
    output = problem.output
    groupByteCount = gemm.packedByteCount(of: layer.shape)
    constants = try allocate(
      count: saturatingProduct(groupByteCount, layer.groupCount), of: UInt8.self)
    let weights = problem.constant(layer.weights)
    let scales = problem.layerScales(layer.weights)
    let bias = problem.layerBias(layer.bias, count: scales.count)
    let columnCount = layer.columnCount
    let groupWeightCount = layer.depth * columnCount
    weights.data.withElements(as: UInt8.self) { weightBytes in
      scales.withUnsafeBufferPointer { scales in
        bias.withUnsafeBufferPointer { bias in
          guard let weightBytes = weightBytes.baseAddress, let bias = bias.baseAddress,
            let scales = scales.baseAddress
          else { return }
          for group in 0..<layer.groupCount {
            var constants = mnv4_q8_gemm_constants(
              weights: weightBytes + group * groupWeightCount, bias: bias + group * columnCount,
              scales: scales + group * columnCount,
              weights_are_uint8: weights.elementType == .uint8,
              weights_zero_point: weights.quantization?.zeroPoints[0] ?? 0,
              input_is_uint8: input.elementType == .uint8, input_zero_point: input.zeroPoint)
            withUnsafePointer(to: layer.shape) {
              gemm.pack(
                $0, &constants,
                self.constants.pointer(at: group * groupByteCount, as: UInt8.self))
            }
          }
        }
      }
    }
  }

  var sharedByteCount: Int { constants.byteCount }
  var workspaceByteCount: Int { gemm.scratchByteCount(of: layer.shape) }

  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    let cells = cells(workers)
    return workers.firstParts(of: partCount(cells)) { constants(ofPart: $0, of: cells) }
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let cells = cells(workers)
    let partCount = partCount(cells)
    var problem = problem(binding)
    problem.fetches_input = workers.threadCount > 1
    let body = ByteGemmBody(
      run: gemm.run, problem: problem, addition: addition?.problem(binding), layer: layer,
      groupByteCount: groupByteCount, outputElementByteCount: output.elementType.byteCount,
      cells: cells,
      ahead: ReadAhead(partCount: partCount, next: binding.next) {
        constants(ofPart: $0, of: cells)
      })
    return ParallelStep(body, partCount: partCount, workers: workers, keeping: [constants])
  }

  func cut(_: StepBinding, workers: Workers) -> ThreadCut? {
    layer.imageCount * layer.groupCount == 1 ? cells(workers).cut : nil
  }

  /// Of each image and group. Tiles of a cell are of about equal heights: it may begin at any pixel.
  private func cells(_ workers: Workers) -> Grid {
    Grid(
      rowCount: layer.pixelCount, rowByteCount: Double(layer.depth),
      columnCount: layer.columnCount, columnUnit: gemm.channelStep,
      columnByteCount: Double(layer.depth),
      nanosecondsPerItem: Double(layer.depth) / gemm.rates.matrix + 1 / gemm.rates.outputs,
      workers: workers)
  }

  private func partCount(_ cells: Grid) -> Int {
    layer.imageCount * layer.groupCount * cells.partCount
  }

  /// From about where a part begins to read.
  private func constants(ofPart part: Int, of cells: Grid) -> UnsafeRawBufferPointer {
    let group = part / cells.partCount % layer.groupCount
    let first = cells[part % cells.partCount].columns.lowerBound
    let start = groupByteCount / layer.columnCount.roundedUp(to: 16) * first
    return UnsafeRawBufferPointer(
      rebasing: constants.unsafeBytes[
        group * groupByteCount + start..<(group + 1) * groupByteCount])
  }

  /// The first image and group.
  func problem(_ binding: StepBinding) -> mnv4_q8_gemm_problem {
    let shape = layer.shape
    let pixelStride = Int(shape.input_channels) * layer.groupCount
    var problem = mnv4_q8_gemm_problem()
    problem.shape = shape
    problem.packed = UnsafeRawPointer(constants.pointer(as: UInt8.self))
    problem.input = binding.inputs[0]
    problem.input_pixel_stride = pixelStride
    problem.input_row_stride = pixelStride * Int(shape.input_width)
    problem.input_is_uint8 = input.elementType == .uint8
    problem.input_zero_point = input.zeroPoint
    problem.output = binding.output
    problem.output_pixel_stride =
      layer.columnCount * layer.groupCount * output.elementType.byteCount
    if output.isFloat {
      let bounds = layer.activation.bounds
      problem.output_type = MNV4_Q8_GEMM_FLOAT32
      problem.float_minimum = bounds.lowerBound
      problem.float_maximum = bounds.upperBound
    } else {
      let bounds = output.integerRange(after: layer.activation)
      problem.output_type = output.elementType == .int8 ? MNV4_Q8_GEMM_INT8 : MNV4_Q8_GEMM_UINT8
      problem.output_zero_point = output.zeroPoint
      problem.output_minimum = bounds.lowerBound
      problem.output_maximum = bounds.upperBound
    }
    return problem
  }
}

/// Image by image and group by group, a grid of pixels by channels.
private struct ByteGemmBody: ScratchStepBody {
  let run: ByteGemmFunction
  /// Of the first image and group.
  let problem: mnv4_q8_gemm_problem
  /// The addend's first channel of the first image.
  let addition: mnv4_q8_gemm_addition?
  let imageCount: Int
  let groupCount: Int
  let groupByteCount: Int
  let inputImageByteCount: Int
  let inputGroupByteCount: Int
  let outputImageByteCount: Int
  let outputGroupByteCount: Int
  let cells: Grid
  let ahead: ReadAhead

  init(
    run: @escaping ByteGemmFunction, problem: mnv4_q8_gemm_problem,
    addition: mnv4_q8_gemm_addition?, layer: ByteGemmLayer, groupByteCount: Int,
    outputElementByteCount: Int, cells: Grid, ahead: ReadAhead
  ) {
    self.run = run
    self.problem = problem
    self.addition = addition
    imageCount = layer.imageCount
    groupCount = layer.groupCount
    self.groupByteCount = groupByteCount
    inputImageByteCount = problem.input_row_stride * Int(problem.shape.input_height)
    inputGroupByteCount = Int(problem.shape.input_channels)
    outputImageByteCount = problem.output_pixel_stride * layer.pixelCount
    outputGroupByteCount = layer.columnCount * outputElementByteCount
    self.cells = cells
    self.ahead = ahead
  }

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (unit, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (image, group) = unit.quotientAndRemainder(dividingBy: groupCount)
    let (pixels, channels) = cells[cell]
    var own = problem
    own.packed += group &* groupByteCount
    own.input += image &* inputImageByteCount &+ group &* inputGroupByteCount
    own.output += image &* outputImageByteCount &+ group &* outputGroupByteCount
    let next = ahead[part]
    own.next = next.baseAddress
    own.next_bytes = next.count
    var range = mnv4_q8_gemm_range(
      pixel_begin: Int64(pixels.lowerBound), pixel_end: Int64(pixels.upperBound),
      channel_begin: Int32(channels.lowerBound), channel_end: Int32(channels.upperBound))
    guard var addition else {
      run(&own, &range, scratch)
      return
    }
    addition.offset(
      to: group &* Int(own.shape.output_channels), of: image &* outputImageByteCount,
      channelCount: own.shape.output_channels)
    withUnsafePointer(to: addition) { addition in
      own.addition = addition
      run(&own, &range, scratch)
    }
  }
}
