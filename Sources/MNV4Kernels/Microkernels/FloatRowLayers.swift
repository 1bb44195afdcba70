import CMicrokernels
import MNV4Core
import MNV4Graph

extension FloatGemm {
  /// Nil where the link is no convolution of one group. The kernel supports it.
  func rowPart(_ link: StepProblem.Link) -> RowPart? {
    let problem = link.problem
    guard case .convolution(let convolution) = problem.operation, convolution.groups == 1,
      let layer = FloatLayer(problem), link.carried ?? 0 == 0
    else { return nil }
    let geometry = WindowGeometry(convolution, of: problem)
    return RowPart(
      window: geometry.rows, inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output),
      addend: convolution.hasResidual ? link.operands[1] : nil,
      nanoseconds: kernel.nanoseconds(problem),
      sharedByteCount: kernel.memory(problem).sharedByteCount,
      scratchByteCount: { _ in layer.scratchByteCount },
      pack: { () throws(BackendError) in
        PackedFloatGemmRows(packed: try PackedFloatLayer(self, layer, problem), geometry: geometry)
      })
  }
}

private struct PackedFloatGemmRows: PackedRowLayer {
  let packed: PackedFloatLayer
  let geometry: WindowGeometry

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    FloatGemmRows(
      gemm: packed.gemm, problem: packed.problem(.unset(packed.constants)),
      hasWindows: packed.layer.geometry != nil,
      function: FloatFunction(packed.layer.activation, packed.gemm.set),
      panelCount: packed.layer.panelCount, geometry: geometry)
  }
}

private struct FloatGemmRows: RowLayer {
  let gemm: FloatGemm
  let problem: mnv4_f32_conv
  let hasWindows: Bool
  /// What is applied to the stored sums.
  let function: FloatFunction?
  let panelCount: Int
  let geometry: WindowGeometry

  func run(_ call: RowCall) {
    var own = problem
    own.product.input = call.input.assumingMemoryBound(to: Float.self)
    own.product.output = call.output.assumingMemoryBound(to: Float.self)
    own.product.epilogue.residual = call.addend?.assumingMemoryBound(to: Float.self)
    let pixelCount = call.outputRows.count &* geometry.outputWidth
    let range = mnv4_f32_gemm_range(
      row_begin: 0, row_end: pixelCount, panel_begin: 0, panel_end: panelCount)
    if hasWindows {
      own.narrow(to: call, of: geometry.rows)
      gemm.conv(&own, range, call.scratch)
    } else {
      gemm.gemm(&own.product, range)
    }
    function?(
      own.product.output, to: own.product.output, count: pixelCount &* own.product.columns)
  }
}

extension mnv4_f32_conv {
  /// To the rows of a call.
  fileprivate mutating func narrow(to call: RowCall, of window: RowWindow) {
    input_height = Int32(truncatingIfNeeded: call.inputRows.count)
    output_height = Int32(truncatingIfNeeded: call.outputRows.count)
    pad_top = Int32(
      truncatingIfNeeded: window.padding(above: call.inputRows, at: call.outputRows.lowerBound))
  }
}

extension FloatWinograd {
  /// Nil where the link is no layer of the kernel.
  func rowPart(_ link: StepProblem.Link) -> RowPart? {
    let problem = link.problem
    guard let layer = WinogradLayer(problem), link.carried ?? 0 == 0 else { return nil }
    return RowPart(
      window: layer.geometry.rows,
      inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output),
      nanoseconds: kernel.nanoseconds(problem),
      sharedByteCount: kernel.memory(problem).sharedByteCount,
      scratchByteCount: { _ in layer.scratchByteCount },
      pack: { () throws(BackendError) in
        PackedWinogradRows(packed: try PackedWinogradLayer(self, layer, problem))
      })
  }
}

private struct PackedWinogradRows: PackedRowLayer {
  let packed: PackedWinogradLayer

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    WinogradRows(
      winograd: packed.winograd, problem: packed.problem(.unset(packed.constants)),
      panelCount: packed.layer.panelCount, window: packed.layer.geometry.rows)
  }
}

private struct WinogradRows: RowLayer {
  let winograd: FloatWinograd
  let problem: mnv4_f32_winograd
  let panelCount: Int
  let window: RowWindow

  func run(_ call: RowCall) {
    var own = problem
    own.conv.product.input = call.input.assumingMemoryBound(to: Float.self)
    own.conv.product.output = call.output.assumingMemoryBound(to: Float.self)
    own.conv.narrow(to: call, of: window)
    // Rows pair up as they do in the whole image.
    let first = call.outputRows.lowerBound & 1
    own.first_in_pair = Int32(truncatingIfNeeded: first)
    let range = mnv4_f32_winograd_range(
      pair_begin: 0, pair_end: (call.outputRows.count &+ first &+ 1) / 2, panel_begin: 0,
      panel_end: panelCount)
    winograd.run(&own, range, call.scratch)
  }
}

extension FloatStrassen {
  /// Nil where the link is no layer of the kernel.
  func rowPart(_ link: StepProblem.Link) -> RowPart? {
    let problem = link.problem
    guard let layer = StrassenLayer(problem), link.carried ?? 0 == 0 else { return nil }
    return RowPart(
      window: WindowGeometry(layer.convolution, of: problem).rows,
      inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output),
      addend: layer.convolution.hasResidual ? link.operands[1] : nil,
      nanoseconds: kernel.nanoseconds(problem),
      sharedByteCount: kernel.memory(problem).sharedByteCount,
      scratchByteCount: { layer.scratchByteCount(pairCount: $0 * layer.width / 2) },
      pack: { () throws(BackendError) in
        PackedStrassenRows(packed: try PackedStrassenLayer(self, layer, problem))
      })
  }
}

private struct PackedStrassenRows: PackedRowLayer {
  let packed: PackedStrassenLayer

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    StrassenRows(
      strassen: packed.strassen, product: packed.problem(.unset(packed.constants)),
      width: packed.layer.width, stripCount: packed.layer.stripCount)
  }
}

private struct StrassenRows: RowLayer {
  let strassen: FloatStrassen
  let product: mnv4_f32_gemm
  let width: Int
  let stripCount: Int

  func run(_ call: RowCall) {
    var own = product
    own.input = call.input.assumingMemoryBound(to: Float.self)
    own.output = call.output.assumingMemoryBound(to: Float.self)
    own.epilogue.residual = call.addend?.assumingMemoryBound(to: Float.self)
    let range = mnv4_f32_strassen_range(
      pair_begin: 0, pair_end: call.outputRows.count &* width / 2, strip_begin: 0,
      strip_end: stripCount)
    strassen.run(&own, range, call.scratch)
  }
}

extension FloatDepthwise {
  /// The kernel supports it.
  func rowPart(_ link: StepProblem.Link) -> RowPart? {
    let problem = link.problem
    guard case .convolution(let convolution) = problem.operation, link.carried ?? 0 == 0 else {
      return nil
    }
    let geometry = WindowGeometry(convolution, of: problem)
    return RowPart(
      window: geometry.rows, inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output),
      addend: convolution.hasResidual ? link.operands[1] : nil,
      nanoseconds: kernel.nanoseconds(problem),
      sharedByteCount: kernel.memory(problem).sharedByteCount,
      pack: { () throws(BackendError) in
        PackedFloatDepthwiseRows(packed: try PackedFloatDepthwise(self, convolution, problem))
      })
  }
}

private struct PackedFloatDepthwiseRows: PackedRowLayer {
  let packed: PackedFloatDepthwise

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    FloatDepthwiseRows(
      run: packed.kernel.run, problem: packed.problem(.unset(packed.constants)),
      function: FloatFunction(packed.convolution.activation, packed.kernel.set),
      window: packed.geometry.rows)
  }
}

private struct FloatDepthwiseRows: RowLayer {
  let run: @convention(c) (UnsafePointer<mnv4_f32_depthwise>?, mnv4_f32_depthwise_range) -> Void
  let problem: mnv4_f32_depthwise
  /// What is applied to the stored sums.
  let function: FloatFunction?
  let window: RowWindow

  func run(_ call: RowCall) {
    var own = problem
    own.input = call.input.assumingMemoryBound(to: Float.self)
    own.output = call.output.assumingMemoryBound(to: Float.self)
    own.epilogue.residual = call.addend?.assumingMemoryBound(to: Float.self)
    own.input_height = Int32(truncatingIfNeeded: call.inputRows.count)
    own.output_height = Int32(truncatingIfNeeded: call.outputRows.count)
    own.pad_top = Int32(
      truncatingIfNeeded: window.padding(above: call.inputRows, at: call.outputRows.lowerBound))
    let width = FloatDepthwise.blockWidth
    run(
      &own,
      mnv4_f32_depthwise_range(
        row_begin: 0, row_end: own.output_height, block_begin: 0,
        block_end: own.channels.roundedUp(to: width) / width))
    let pixelCount = call.outputRows.count &* Int(own.output_width)
    function?(own.output, to: own.output, count: pixelCount &* Int(own.channels))
  }
}
