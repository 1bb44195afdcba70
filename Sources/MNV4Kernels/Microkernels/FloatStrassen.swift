import CMicrokernels
import MNV4Core
import MNV4Graph

/// float32 pointwise convolutions by one step of Strassen's method, in seven eighths of the
/// multiplications.
func floatStrassenKernels() -> [Kernel] { FloatStrassen.all.map(\.kernel) }

/// A kernel of the C list that this processor runs.
struct FloatStrassen: Sendable {
  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let tilePairs: Int
  let run:
    @convention(c) (
      UnsafePointer<mnv4_f32_gemm>?, mnv4_f32_strassen_range, UnsafeMutableRawPointer?
    ) -> Void

  static let all: [FloatStrassen] = entries(mnv4_f32_strassen_kernel_at)
    .compactMap(FloatStrassen.init)

  init?(_ entry: mnv4_f32_strassen_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .floats(set)
    tilePairs = Int(entry.tile_pairs)
    self.run = run
  }

  var kernel: Kernel {
    Kernel(
      name: name,
      supports: { StrassenLayer($0) != nil },
      nanoseconds: { problem in
        StrassenLayer(problem).map { nanoseconds($0, problem) } ?? 0
      },
      memory: { problem in
        guard let layer = StrassenLayer(problem) else { return .none }
        return .shared(floatCount: layer.packedCount)
      },
      pack: { problem throws(BackendError) in
        guard let layer = StrassenLayer(problem) else { preconditionFailure("not \(name)") }
        return try PackedStrassenLayer(self, layer, problem)
      },
      workspaceByteCount: { problem in
        StrassenLayer(problem).map { $0.scratchByteCount(pairCount: $0.pairCount) } ?? 0
      })
  }

  /// The products, what is done with them, the sums of the input; or the memory that is passed over.
  /// Where sums take turns with products, more than a plain product takes: on an Intel Ice Lake server core
  /// none of the layers tried was faster (`docs/decisions/0010-strassen.md`).
  private func nanoseconds(_ layer: StrassenLayer, _ problem: StepProblem) -> Double {
    let rows = Double(2 * layer.pairCount)
    let depth = Double(layer.depth)
    let columns = Double(layer.columnCount.roundedUp(to: 16))
    let rest = columns.truncatingRemainder(dividingBy: 32)
    let share = Processor.isZen ? 0.875 : 1.1
    let products = rows * depth * (share * (columns - rest) + 1.1 * rest) / rates.matrix
    let passes = rows * (columns / (0.47 * rates.outputs) + depth / (0.67 * rates.outputs))
    let moreWeights = 0.75 * depth * columns * Double(MemoryLayout<Float>.stride)
    return max(
      products + passes, (Double(problem.operandByteCount) + moreWeights) / MicrokernelRates.memory)
      + MicrokernelRates.overheadNanoseconds
  }
}

/// A pointwise convolution that is large enough to be worth sums of its quarters. Pixels are paired with
/// their neighbours in a row, of which there is an even number: results depend neither on other images
/// nor on which rows are computed at a time.
struct StrassenLayer {
  let convolution: Convolution
  let width: Int
  /// Of all images.
  let pairCount: Int
  let depth: Int
  let columnCount: Int

  /// Nil where the problem is no such layer.
  init?(_ problem: StepProblem) {
    guard problem.isFloat, case .convolution(let convolution) = problem.operation,
      convolution.isPointwise, convolution.groups == 1, convolution.activation.clampBounds != nil
    else { return nil }
    switch convolution.residual {
    case .none, .whole: break
    case .channels: return nil
    }
    self.convolution = convolution
    let shape = problem.output.shape
    width = shape[2]
    pairCount = shape.rowCount / 2
    depth = problem.inputs[0].shape.last
    columnCount = shape.last
    let imageRowCount = saturatingProduct(shape[1], shape[2])
    guard width % 2 == 0, depth % 2 == 0, min(depth, columnCount) >= Self.leastExtent,
      imageRowCount >= Self.leastRowCount,
      saturatingProduct(imageRowCount, depth, columnCount) >= Self.leastProductCount,
      scratchByteCount(pairCount: pairCount) <= Workspace.maximumSlotByteCount
    else { return nil }
  }

  /// Below these, passes over the quarters take more than an eighth of the products does, or more weights
  /// to read.
  private static let leastExtent = 64
  private static let leastRowCount = 64
  private static let leastProductCount = 1 << 20

  var stripCount: Int { mnv4_f32_strassen_strips(columnCount) }
  /// Floats.
  var packedCount: Int {
    // Strips are at most 96 columns wide, and each weight is in at most two of the seven products.
    guard saturatingProduct(saturatingSum(depth, 1), saturatingSum(columnCount, 96), 8) < .max
    else { return .max }
    return mnv4_f32_strassen_packed_count(depth, columnCount)
  }

  /// For so many pairs at a time.
  func scratchByteCount(pairCount: Int) -> Int {
    mnv4_f32_strassen_scratch_bytes(pairCount, depth, columnCount)
  }
}

/// The strips of weights with their biases.
struct PackedStrassenLayer: PackedKernel {
  let strassen: FloatStrassen
  let layer: StrassenLayer
  let constants: AlignedBuffer

  init(
    _ strassen: FloatStrassen, _ layer: StrassenLayer, _ problem: StepProblem
  ) throws(BackendError) {
    self.strassen = strassen
    self.layer = layer
    let buffer = try allocate(floatCount: layer.packedCount)
    constants = buffer
    try problem.withFloats(layer.convolution.weights, layer.convolution.bias) {
      weights, bias throws(BackendError) in
      mnv4_f32_strassen_pack(
        weights, bias, layer.depth, layer.columnCount, buffer.pointer(as: Float.self))
    }
  }

  var sharedByteCount: Int { constants.byteCount }
  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    [UnsafeRawBufferPointer?](repeating: constants.unsafeBytes, count: workers.threadCount)
  }
  var workspaceByteCount: Int { layer.scratchByteCount(pairCount: layer.pairCount) }

  func problem(_ binding: StepBinding) -> mnv4_f32_gemm {
    var product = mnv4_f32_gemm()
    product.input = binding.floats(0)
    product.input_stride = layer.depth
    product.weights = UnsafePointer(constants.pointer(as: Float.self))
    product.output = binding.outputFloats
    product.output_stride = layer.columnCount
    product.depth = layer.depth
    product.columns = layer.columnCount
    product.epilogue = mnv4_f32_epilogue(
      layer.convolution.activation, layer.convolution.residual, of: binding,
      columnCount: layer.columnCount)
    return product
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let pairNanoseconds =
      1.75 * Double(layer.depth * layer.columnCount) / strassen.rates.matrix
    let itemNanoseconds = pairNanoseconds / Double(layer.stripCount)
    // Of rows and weights, those that are more are read once.
    let isByStrips = layer.packedCount > 2 * layer.pairCount * layer.depth
    let cells =
      isByStrips
      ? Grid(
        rowCount: layer.stripCount, columnCount: layer.pairCount, columnUnit: strassen.tilePairs,
        nanosecondsPerItem: itemNanoseconds, workers: workers)
      : Grid(
        rowCount: layer.pairCount, rowUnit: strassen.tilePairs, columnCount: layer.stripCount,
        nanosecondsPerItem: itemNanoseconds, workers: workers)
    let body = StrassenBody(
      strassen: strassen, product: problem(binding), cells: cells, isByStrips: isByStrips)
    return ParallelStep(
      body, partCount: cells.partCount, workers: workers, keeping: [constants])
  }
}

/// A grid of pairs of rows by strips of columns, or of strips by pairs.
private struct StrassenBody: ScratchStepBody {
  let strassen: FloatStrassen
  let product: mnv4_f32_gemm
  let cells: Grid
  let isByStrips: Bool

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (first, second) = cells[part]
    let (pairs, strips) = isByStrips ? (second, first) : (first, second)
    var own = product
    let range = mnv4_f32_strassen_range(
      pair_begin: pairs.lowerBound, pair_end: pairs.upperBound, strip_begin: strips.lowerBound,
      strip_end: strips.upperBound)
    strassen.run(&own, range, scratch)
  }
}
