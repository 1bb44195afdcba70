import CMicrokernels
import MNV4Core
import MNV4Graph

/// float32 convolutions and fully connected layers as matrix products.
func floatGemmKernels() -> [Kernel] { FloatGemm.all.map(\.kernel) }

/// A kernel of the C list that this processor runs.
struct FloatGemm: Sendable {
  let name: String
  let set: InstructionSet
  let rates: MicrokernelRates
  let rowStep: Int
  /// Panels that a tile takes.
  let panelStep: Int
  let gemm: @convention(c) (UnsafePointer<mnv4_f32_gemm>?, mnv4_f32_gemm_range) -> Void
  let conv:
    @convention(c) (
      UnsafePointer<mnv4_f32_conv>?, mnv4_f32_gemm_range, UnsafeMutableRawPointer?
    ) -> Void

  static let panelWidth = Int(MNV4_F32_PANEL)
  /// Panels that a layer of one row takes at once, with AVX-512; otherwise fewer.
  static let singleRowPanels = 4

  /// Those that this processor runs, the fastest first.
  static let all: [FloatGemm] = entries(mnv4_f32_gemm_kernel_at).compactMap(FloatGemm.init)

  init?(_ entry: mnv4_f32_gemm_kernel) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let gemm = entry.gemm, let conv = entry.conv
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rates = .floats(set)
    rowStep = Int(entry.tile_rows)
    panelStep = max(Int(entry.tile_columns) / Self.panelWidth, 1)
    self.gemm = gemm
    self.conv = conv
  }

  var kernel: Kernel {
    Kernel(
      name: name,
      supports: { FloatLayer($0) != nil },
      nanoseconds: { problem in FloatLayer(problem).map { nanoseconds($0, problem) } ?? 0 },
      memory: { problem in
        guard let layer = FloatLayer(problem) else { return .none }
        return .shared(floatCount: layer.packedCount)
      },
      pack: { problem throws(BackendError) in
        guard let layer = FloatLayer(problem) else { preconditionFailure("not \(name)") }
        return try PackedFloatLayer(self, layer, problem)
      },
      workspaceByteCount: { FloatLayer($0)?.scratchByteCount ?? 0 })
  }

  private func nanoseconds(_ layer: FloatLayer, _ problem: StepProblem) -> Double {
    let rows = Double(layer.groupCount * layer.rowCount)
    let columns = Double(layer.columnCount.roundedUp(to: sharesVectors(layer.columnCount) ? 8 : 16))
    return max(
      rows * columns * Double(layer.depth) / rates.matrix + rows * columns / rates.outputs,
      Double(problem.operandByteCount) / MicrokernelRates.memory) + problem.passNanoseconds(set)
      + MicrokernelRates.overheadNanoseconds
  }

  /// Whether the last panel is one vector and up to half of another, which two rows share.
  private func sharesVectors(_ columnCount: Int) -> Bool {
    set >= .avx512 && (17...24).contains(columnCount % Self.panelWidth)
  }
}

/// A layer as products of pixels with a matrix for each group.
struct FloatLayer {
  let weights: ConstantID
  let bias: ConstantID?
  let activation: Activation
  let residual: Convolution.Residual
  let groupCount: Int
  /// Nil where the rows lie one after the other.
  let geometry: WindowGeometry?
  let rowCount: Int
  let depth: Int
  /// Of one group.
  let columnCount: Int

  /// Nil where the problem is no layer of float32, or larger than the kernels count.
  init?(_ problem: StepProblem) {
    guard problem.isFloat else { return nil }
    rowCount = problem.output.shape.rowCount
    switch problem.operation {
    case .fullyConnected(let layer):
      weights = layer.weights
      bias = layer.bias
      activation = layer.activation
      residual = .none
      groupCount = 1
      geometry = nil
      depth = problem.inputs[0].shape.last
      columnCount = problem.output.shape.last
    case .convolution(let convolution):
      weights = convolution.weights
      bias = convolution.bias
      activation = convolution.activation
      residual = convolution.residual
      groupCount = convolution.groups
      let window = WindowGeometry(convolution, of: problem)
      geometry = convolution.isPointwise ? nil : window
      guard convolution.isPointwise || window.fitsFloatKernels else { return nil }
      depth = window.tapCount * (window.inputChannels / convolution.groups)
      columnCount = window.outputChannels / convolution.groups
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      return nil
    }
    guard scratchByteCount <= Workspace.maximumSlotByteCount else { return nil }
  }

  var panelCount: Int { columnCount.roundedUp(to: FloatGemm.panelWidth) / FloatGemm.panelWidth }

  /// Floats of weights and bias of all groups.
  var packedCount: Int {
    saturatingProduct(
      groupCount, panelCount, FloatGemm.panelWidth, saturatingSum(depth, 1))
  }

  /// What a row adds to what is read of the input, in bytes.
  var rowByteCount: Double {
    let floatCount =
      geometry.map { $0.inputChannels / groupCount * $0.strideHeight * $0.strideWidth } ?? depth
    return Double(floatCount * MemoryLayout<Float>.stride)
  }

  /// The product and its windows, without pointers.
  func conv(_ geometry: WindowGeometry) -> mnv4_f32_conv {
    var conv = geometry.conv
    conv.product.depth = depth
    conv.product.columns = columnCount
    conv.channels = geometry.inputChannels / groupCount
    return conv
  }

  var scratchByteCount: Int {
    guard let geometry else { return 0 }
    return withUnsafePointer(to: conv(geometry)) { mnv4_f32_conv_scratch_bytes($0) }
  }
}

extension WindowGeometry {
  /// A convolution of one group, without pointers and depth.
  var conv: mnv4_f32_conv {
    var conv = mnv4_f32_conv()
    conv.product.columns = outputChannels
    conv.product.input_stride = inputChannels
    conv.product.output_stride = outputChannels
    conv.channels = inputChannels
    conv.input_height = Int32(inputHeight)
    conv.input_width = Int32(inputWidth)
    conv.output_height = Int32(outputHeight)
    conv.output_width = Int32(outputWidth)
    conv.kernel_height = Int32(kernelHeight)
    conv.kernel_width = Int32(kernelWidth)
    conv.stride_height = Int32(strideHeight)
    conv.stride_width = Int32(strideWidth)
    conv.dilation_height = 1
    conv.dilation_width = 1
    conv.pad_top = Int32(top)
    conv.pad_left = Int32(left)
    return conv
  }
}

/// For each group the panels of weights, then for each group the panels of bias.
struct PackedFloatLayer: PackedKernel {
  let gemm: FloatGemm
  let layer: FloatLayer
  let constants: AlignedBuffer

  init(_ gemm: FloatGemm, _ layer: FloatLayer, _ problem: StepProblem) throws(BackendError) {
    self.gemm = gemm
    self.layer = layer
    let buffer = try allocate(floatCount: layer.packedCount)
    constants = buffer
    let (depth, columns) = (layer.depth, layer.columnCount)
    let padded = layer.panelCount * FloatGemm.panelWidth
    let target = buffer.pointer(as: Float.self)
    try problem.withFloats(layer.weights, layer.bias) { weights, bias throws(BackendError) in
      for group in 0..<layer.groupCount {
        mnv4_f32_gemm_pack(
          weights + group * columns * depth, depth, columns, target + group * padded * depth)
        guard let bias else { continue }
        (target + layer.groupCount * padded * depth + group * padded)
          .update(from: bias + group * columns, count: columns)
      }
    }
  }

  var sharedByteCount: Int { constants.byteCount }
  var workspaceByteCount: Int { layer.scratchByteCount }

  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    let cells = cells(workers)
    return workers.firstParts(of: layer.groupCount * cells.partCount) {
      weights(ofPart: $0, of: cells)
    }
  }

  /// The product, in windows where there are any, of the first group.
  func problem(_ binding: StepBinding) -> mnv4_f32_conv {
    var conv = layer.geometry.map(layer.conv) ?? mnv4_f32_conv()
    let columnCount = layer.columnCount * layer.groupCount
    if layer.geometry == nil {
      conv.product.depth = layer.depth
      conv.product.columns = columnCount
      conv.product.input_stride = layer.depth
      conv.product.output_stride = columnCount
    }
    let weights = UnsafePointer(constants.pointer(as: Float.self))
    let padded = layer.panelCount * FloatGemm.panelWidth
    conv.product.input = binding.floats(0)
    conv.product.output = binding.outputFloats
    conv.product.weights = weights
    conv.product.bias = weights + layer.groupCount * padded * layer.depth
    conv.product.epilogue = mnv4_f32_epilogue(
      layer.activation, layer.residual, of: binding, columnCount: columnCount)
    return conv
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    step(problem(binding), next: binding.next, workers: workers)
  }

  /// The step of a problem that `problem(_:)` made.
  ///
  /// - Parameter next: as that of a `StepBinding`.
  func step(
    _ problem: mnv4_f32_conv, next: [UnsafeRawBufferPointer?], workers: Workers
  ) -> any PreparedStep {
    let cells = cells(workers)
    let partCount = layer.groupCount * cells.partCount
    let body = FloatGemmBody(
      gemm: gemm.gemm, conv: layer.geometry == nil ? nil : gemm.conv, problem: problem,
      function: FloatFunction(layer.activation, gemm.set), rowStep: gemm.rowStep,
      groupColumns: layer.panelCount * FloatGemm.panelWidth,
      cells: cells,
      ahead: ReadAhead(partCount: partCount, next: next) { weights(ofPart: $0, of: cells) })
    return ParallelStep(body, partCount: partCount, workers: workers, keeping: [constants])
  }

  /// Of each group.
  private func cells(_ workers: Workers) -> Grid {
    Grid(
      rowCount: layer.rowCount, rowUnit: gemm.rowStep, rowByteCount: layer.rowByteCount,
      columnCount: layer.panelCount,
      columnUnit: layer.rowCount == 1 ? FloatGemm.singleRowPanels : gemm.panelStep,
      columnByteCount: Double(panelFloatCount * MemoryLayout<Float>.stride),
      nanosecondsPerItem: Double(panelFloatCount) / gemm.rates.matrix, workers: workers)
  }

  /// Weights of a panel.
  private var panelFloatCount: Int { layer.depth * FloatGemm.panelWidth }

  /// From where a part begins to read.
  private func weights(ofPart part: Int, of cells: Grid) -> UnsafeRawBufferPointer {
    let group = part / cells.partCount
    let first = cells[part % cells.partCount].columns.lowerBound
    let panels = group * layer.panelCount + first..<(group + 1) * layer.panelCount
    let byteCount = panelFloatCount * MemoryLayout<Float>.stride
    return UnsafeRawBufferPointer(
      rebasing: constants.unsafeBytes[
        panels.lowerBound * byteCount..<panels.upperBound * byteCount])
  }
}

/// Group by group, a grid of rows by panels of columns.
private struct FloatGemmBody: ScratchStepBody {
  let gemm: @convention(c) (UnsafePointer<mnv4_f32_gemm>?, mnv4_f32_gemm_range) -> Void
  /// Nil where the rows lie one after the other.
  let conv:
    (
      @convention(c) (
        UnsafePointer<mnv4_f32_conv>?, mnv4_f32_gemm_range, UnsafeMutableRawPointer?
      ) -> Void
    )?
  /// Of the first group.
  let problem: mnv4_f32_conv
  /// What is applied to the stored sums.
  let function: FloatFunction?
  let rowStep: Int
  /// Columns of a group's panels.
  let groupColumns: Int
  let cells: Grid
  let ahead: ReadAhead

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (group, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, panels) = cells[cell]
    var own = problem
    let channel = group &* own.product.columns
    own.product.input += group &* own.channels
    own.product.output += channel
    own.product.weights += group &* groupColumns &* own.product.depth
    own.product.bias += group &* groupColumns
    own.product.epilogue.narrow(from: channel, count: own.product.columns)
    let next = ahead[part]
    own.product.next = next.baseAddress
    own.product.next_bytes = next.count
    guard let function else { return run(&own, rows: rows, panels: panels, scratch) }
    let first = panels.lowerBound &* FloatGemm.panelWidth
    let last = min(panels.upperBound &* FloatGemm.panelWidth, own.product.columns)
    let most = FloatFunction.rowsAtATime(of: last &- first, unit: rowStep)
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min(start &+ most, rows.upperBound)
      run(&own, rows: start..<end, panels: panels, scratch)
      function(
        own.product.output + (start &* own.product.output_stride &+ first), rows: end &- start,
        columns: last &- first, stride: own.product.output_stride)
      start = end
    }
  }

  private func run(
    _ problem: inout mnv4_f32_conv, rows: Range<Int>, panels: Range<Int>,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let range = mnv4_f32_gemm_range(
      row_begin: rows.lowerBound, row_end: rows.upperBound, panel_begin: panels.lowerBound,
      panel_end: panels.upperBound)
    if let conv {
      conv(&problem, range, scratch)
    } else {
      gemm(&problem.product, range)
    }
  }
}
