import CMicrokernels
import MNV4Core
import MNV4Graph

/// float32 convolutions of 3×3 windows at stride 2 by Winograd's method, in 25 of 36 multiplications.
func floatWinogradKernels() -> [Kernel] { FloatWinograd.all.map(\.kernel) }

/// A kernel of the C list that this processor runs.
struct FloatWinograd: Sendable {
  static let productCount = Int(MNV4_F32_WINOGRAD_PRODUCTS)

  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let tileColumns: Int
  let run:
    @convention(c) (
      UnsafePointer<mnv4_f32_winograd>?, mnv4_f32_winograd_range, UnsafeMutableRawPointer?
    ) -> Void

  static let all: [FloatWinograd] = entries(mnv4_f32_winograd_kernel_at)
    .compactMap(FloatWinograd.init)

  init?(_ entry: mnv4_f32_winograd_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let run = entry.run
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .floats(set)
    tileColumns = Int(entry.tile_columns)
    self.run = run
  }

  var kernel: Kernel {
    Kernel(
      name: name,
      supports: { WinogradLayer($0) != nil },
      nanoseconds: { problem in
        WinogradLayer(problem).map { nanoseconds($0, problem) } ?? 0
      },
      memory: { problem in
        guard let layer = WinogradLayer(problem) else { return .none }
        return .shared(floatCount: layer.packedCount)
      },
      pack: { problem throws(BackendError) in
        guard let layer = WinogradLayer(problem) else { preconditionFailure("not \(name)") }
        return try PackedWinogradLayer(self, layer, problem)
      },
      workspaceByteCount: { WinogradLayer($0)?.scratchByteCount ?? 0 })
  }

  /// The products and what is done with them, and the combinations of the input; or the memory that is
  /// passed over.
  private func nanoseconds(_ layer: WinogradLayer, _ problem: StepProblem) -> Double {
    let squares = Double(layer.pairCount * layer.squaresInRow)
    let columns = Double(layer.columnCount.roundedUp(to: tileColumns))
    let combinations = squares * Double(Self.productCount * layer.geometry.inputChannels)
    // Beyond those that the operands are.
    let moreWeights =
      Double(16 * layer.geometry.inputChannels * MemoryLayout<Float>.stride) * columns
    return max(
      1.06 * combinations * columns / rates.matrix + combinations / (0.5 * rates.outputs),
      (Double(problem.operandByteCount) + moreWeights) / MicrokernelRates.memory)
      + MicrokernelRates.overheadNanoseconds
  }
}

/// A convolution at stride 2 that is worth combinations of its input. Outputs are computed in squares of
/// four.
struct WinogradLayer {
  let convolution: Convolution
  let geometry: WindowGeometry

  /// Nil where the problem is no such layer.
  init?(_ problem: StepProblem) {
    guard problem.isFloat, case .convolution(let convolution) = problem.operation,
      convolution.kernel == Extent(3, 3), convolution.stride == Extent(2, 2),
      convolution.groups == 1,
      convolution.activation.clampBounds != nil, !convolution.hasResidual
    else { return nil }
    self.convolution = convolution
    geometry = WindowGeometry(convolution, of: problem)
    guard geometry.fitsFloatKernels,
      (Self.leastChannelCount...Self.mostChannelCount).contains(geometry.inputChannels),
      geometry.outputChannels >= Self.leastChannelCount,
      geometry.outputWidth >= Self.leastWidth,
      packedCount <= Self.mostPackedCount, scratchByteCount <= Workspace.maximumSlotByteCount
    else { return nil }
  }

  /// Below these, combinations take longer than the products that they save, or tiles have few rows.
  private static let leastChannelCount = 16
  private static let leastWidth = 8
  /// Scratch of more would fit no slot of a workspace.
  private static let mostChannelCount = 1 << 20

  /// Each tile of squares meets all weights: more than these arrive later than they are needed.
  private static let mostPackedCount = 1 << 21

  var columnCount: Int { geometry.outputChannels }
  var squaresInRow: Int { (geometry.outputWidth + 1) / 2 }
  /// Pairs of rows of all images.
  var pairCount: Int { geometry.batchCount * ((geometry.outputHeight + 1) / 2) }
  var panelCount: Int { columnCount.roundedUp(to: FloatGemm.panelWidth) / FloatGemm.panelWidth }

  /// Floats of weights and bias.
  var packedCount: Int {
    saturatingSum(
      saturatingProduct(
        panelCount, FloatGemm.panelWidth, geometry.inputChannels, FloatWinograd.productCount),
      panelCount * FloatGemm.panelWidth)
  }

  var scratchByteCount: Int { mnv4_f32_winograd_scratch_bytes(geometry.inputChannels) }
}

/// The panels of weights, then those of bias.
struct PackedWinogradLayer: PackedKernel {
  let winograd: FloatWinograd
  let layer: WinogradLayer
  let constants: AlignedBuffer

  init(
    _ winograd: FloatWinograd, _ layer: WinogradLayer, _ problem: StepProblem
  ) throws(BackendError) {
    self.winograd = winograd
    self.layer = layer
    let buffer = try allocate(floatCount: layer.packedCount)
    constants = buffer
    let target = buffer.pointer(as: Float.self)
    let (channels, columns) = (layer.geometry.inputChannels, layer.columnCount)
    try problem.withFloats(layer.convolution.weights, layer.convolution.bias) {
      weights, bias throws(BackendError) in
      mnv4_f32_winograd_pack(weights, channels, columns, target)
      guard let bias else { return }
      (target + mnv4_f32_winograd_packed_count(channels, columns))
        .update(from: bias, count: columns)
    }
  }

  var sharedByteCount: Int { constants.byteCount }
  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    [UnsafeRawBufferPointer?](repeating: constants.unsafeBytes, count: workers.threadCount)
  }
  var workspaceByteCount: Int { layer.scratchByteCount }

  func problem(_ binding: StepBinding) -> mnv4_f32_winograd {
    var problem = mnv4_f32_winograd()
    problem.conv = layer.geometry.conv
    let weights = UnsafePointer(constants.pointer(as: Float.self))
    problem.conv.product.input = binding.floats(0)
    problem.conv.product.output = binding.outputFloats
    problem.conv.product.weights = weights
    problem.conv.product.bias =
      weights + mnv4_f32_winograd_packed_count(layer.geometry.inputChannels, layer.columnCount)
    problem.conv.product.epilogue = mnv4_f32_epilogue(
      layer.convolution.activation, .none, of: binding, columnCount: layer.columnCount)
    return problem
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let products =
      FloatWinograd.productCount * layer.squaresInRow * layer.geometry.inputChannels
      * FloatGemm.panelWidth
    // Every run of panels combines the input anew: few rows are worth that.
    let cells = Grid(
      rowCount: layer.pairCount, columnCount: layer.panelCount,
      nanosecondsPerItem: Double(products) / winograd.rates.matrix, workers: workers)
    let body = WinogradBody(
      winograd: winograd, problem: problem(binding), cells: cells)
    return ParallelStep(
      body, partCount: cells.partCount, workers: workers, keeping: [constants])
  }
}

/// A grid of pairs of rows by panels of columns.
private struct WinogradBody: ScratchStepBody {
  let winograd: FloatWinograd
  let problem: mnv4_f32_winograd
  let cells: Grid

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (pairs, panels) = cells[part]
    var own = problem
    let range = mnv4_f32_winograd_range(
      pair_begin: pairs.lowerBound, pair_end: pairs.upperBound, panel_begin: panels.lowerBound,
      panel_end: panels.upperBound)
    winograd.run(&own, range, scratch)
  }
}
