import CMicrokernels
import MNV4Core
import MNV4Graph

/// No less than the pixels that a matrix kernel takes at once: 16 tiles of 14.
private let mostBandPixelCount = 256

extension ByteGemm {
  /// Nil where the layer is no convolution of one group. The kernel supports it.
  func rowPart(_ problem: StepProblem, addition: ByteGemmAddition? = nil) -> RowPart? {
    guard case .convolution(let convolution) = problem.operation, convolution.groups == 1,
      let layer = ByteGemmLayer(problem)
    else { return nil }
    let geometry = WindowGeometry(convolution, of: problem)
    let isPointwise = convolution.isPointwise
    return RowPart(
      window: geometry.rows, inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output), addend: addition?.addend,
      nanoseconds: kernel.nanoseconds(problem)
        + (addition == nil ? 0 : Double(problem.output.shape.elementCount) / rates.elements),
      sharedByteCount: packedByteCount(of: layer.shape),
      scratchByteCount: { rowCount in
        // Not every kernel needs less for fewer pixels, until they are more than a band takes at once;
        // other than those of pointwise convolutions need the same for any number of rows.
        let bandRowCount = isPointwise ? mostBandPixelCount / geometry.outputWidth + 1 : 1
        let counts = Array((1...bandRowCount).prefix { $0 < rowCount }) + [max(rowCount, 1)]
        return counts.reduce(0) { most, count in
          let shape = layer.shape.rows(
            inputs: geometry.rows.inputCount(ofOutputs: count), outputs: count, padding: 0,
            geometry: geometry, isPointwise: isPointwise)
          return max(most, scratchByteCount(of: shape))
        }
      },
      pack: { () throws(BackendError) in
        PackedByteGemmRows(
          packed: try PackedByteGemm(self, layer, problem, addition: addition),
          geometry: geometry, isPointwise: isPointwise)
      })
  }
}

extension mnv4_q8_gemm_shape {
  /// The same layer on an image of so many rows.
  fileprivate func rows(
    inputs: Int, outputs: Int, padding: Int, geometry: WindowGeometry, isPointwise: Bool
  ) -> mnv4_q8_gemm_shape {
    var shape = self
    if isPointwise {
      shape.input_width = Int32(truncatingIfNeeded: outputs &* geometry.outputWidth)
      shape.output_width = shape.input_width
    } else {
      shape.input_height = Int32(truncatingIfNeeded: inputs)
      shape.output_height = Int32(truncatingIfNeeded: outputs)
      shape.padding_top = Int32(truncatingIfNeeded: padding)
    }
    return shape
  }
}

private struct PackedByteGemmRows: PackedRowLayer {
  let packed: PackedByteGemm
  let geometry: WindowGeometry
  let isPointwise: Bool

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    let binding = StepBinding.unset(packed.constants)
    return ByteGemmRows(
      run: packed.gemm.run, problem: packed.problem(binding),
      addition: packed.addition?.problem(binding), geometry: geometry, isPointwise: isPointwise)
  }
}

private struct ByteGemmRows: RowLayer {
  let run: ByteGemmFunction
  let problem: mnv4_q8_gemm_problem
  let addition: mnv4_q8_gemm_addition?
  let geometry: WindowGeometry
  let isPointwise: Bool

  func run(_ call: RowCall) {
    var own = problem
    own.shape = problem.shape.rows(
      inputs: call.inputRows.count, outputs: call.outputRows.count,
      padding: geometry.rows.padding(above: call.inputRows, at: call.outputRows.lowerBound),
      geometry: geometry, isPointwise: isPointwise)
    own.input = call.input
    own.output = call.output
    var range = mnv4_q8_gemm_range(
      pixel_begin: 0, pixel_end: Int64(call.outputRows.count &* geometry.outputWidth),
      channel_begin: 0, channel_end: own.shape.output_channels)
    guard var addition, let addend = call.addend else { return run(&own, &range, call.scratch) }
    addition.addend = addend
    withUnsafePointer(to: addition) { addition in
      own.addition = addition
      run(&own, &range, call.scratch)
    }
  }
}

extension ByteDepthwise {
  /// The kernel supports it.
  func rowPart(_ problem: StepProblem) -> RowPart? {
    guard case .convolution(let convolution) = problem.operation, let layer = layer(problem) else {
      return nil
    }
    let scratch = scratchByteCount(of: layer)
    return RowPart(
      window: WindowGeometry(convolution, of: problem).rows,
      inputRowByteCount: problem.rowByteCount(of: problem.inputs[0]),
      outputRowByteCount: problem.rowByteCount(of: problem.output),
      nanoseconds: kernel.nanoseconds(problem), sharedByteCount: packedByteCount(of: layer),
      scratchByteCount: { _ in scratch },
      pack: { () throws(BackendError) in
        PackedByteDepthwiseRows(
          packed: try PackedByteDepthwise(self, layer, problem),
          window: WindowGeometry(convolution, of: problem).rows)
      })
  }
}

private struct PackedByteDepthwiseRows: PackedRowLayer {
  let packed: PackedByteDepthwise
  let window: RowWindow

  var sharedByteCount: Int { packed.sharedByteCount }
  var buffers: [AlignedBuffer] { [packed.constants] }

  func makeLayer() -> any RowLayer {
    ByteDepthwiseRows(
      run: packed.kernel.run, layer: packed.layer,
      constants: UnsafeRawPointer(packed.constants.pointer(as: UInt8.self)), window: window)
  }
}

private struct ByteDepthwiseRows: RowLayer {
  let run: @convention(c) (UnsafePointer<mnv4_q8_depthwise_call>?) -> Void
  let layer: mnv4_q8_depthwise_layer
  let constants: UnsafeRawPointer
  let window: RowWindow

  func run(_ call: RowCall) {
    var own = layer
    own.input_height = Int32(truncatingIfNeeded: call.inputRows.count)
    own.output_height = Int32(truncatingIfNeeded: call.outputRows.count)
    own.padding_top = Int32(
      truncatingIfNeeded: window.padding(
        above: call.inputRows, at: call.outputRows.lowerBound))
    withUnsafePointer(to: own) { layer in
      var part = mnv4_q8_depthwise_call(
        layer: layer, packed: constants, input: call.input, output: call.output,
        scratch: call.scratch, row_begin: 0, row_end: layer.pointee.output_height,
        channel_begin: 0, channel_end: layer.pointee.channels)
      run(&part)
    }
  }
}

extension ByteElementwise {
  /// Nil where the link is no addition of integers to what comes before it.
  func rowPart(_ link: StepProblem.Link) -> RowPart? {
    let problem = link.problem
    guard case .add(let add) = problem.operation, !problem.isFloat,
      problem.output.shape.rank == 4, let carried = link.carried, let addend = link.addend
    else { return nil }
    // In a partial addition what comes before gives all channels.
    let isFirst = carried == 0
    guard isFirst || add.channelCount == nil else { return nil }
    let shape = problem.output.shape
    let rowByteCount = problem.rowByteCount(of: problem.output)
    let layer = ByteAdditionRows(
      run: self.add,
      problem: mnv4_q8_addition(
        add, first: problem.inputs[isFirst ? 0 : 1], second: problem.inputs[isFirst ? 1 : 0],
        output: problem.output, addedLength: add.channelCount ?? 0),
      rowByteCount: rowByteCount, pixelLength: add.channelCount == nil ? nil : shape[3])
    return RowPart(
      window: RowWindow(
        kernel: 1, stride: 1, top: 0, inputHeight: shape[1], outputHeight: shape[1]),
      inputRowByteCount: rowByteCount, outputRowByteCount: rowByteCount, addend: addend,
      nanoseconds: Double(shape.elementCount) / rate, sharedByteCount: 0,
      pack: { () throws(BackendError) in layer })
  }
}

private struct ByteAdditionRows: RowLayer, PackedRowLayer {
  let run: ByteAddFunction
  let problem: mnv4_q8_addition
  let rowByteCount: Int
  /// Nil where all channels are added.
  let pixelLength: Int?

  var sharedByteCount: Int { 0 }
  var buffers: [AlignedBuffer] { [] }

  func makeLayer() -> any RowLayer { self }

  func run(_ call: RowCall) {
    var own = problem
    let count = call.outputRows.count &* rowByteCount
    let length = pixelLength ?? count
    if pixelLength == nil { own.added_length = count }
    var rows = mnv4_q8_rows(
      first: call.input, second: call.addend, output: call.output, row_count: count / length,
      row_length: length, second_stride: length)
    run(&own, &rows)
  }
}

extension StepBinding {
  /// Stands in for operands that every call sets.
  static func unset(_ buffer: AlignedBuffer) -> StepBinding {
    let pointer = buffer.pointer(as: UInt8.self)
    return StepBinding(
      inputs: [UnsafeRawPointer(pointer), UnsafeRawPointer(pointer)],
      output: UnsafeMutableRawPointer(pointer))
  }
}
