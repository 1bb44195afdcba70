import CMicrokernels
import MNV4Core
import MNV4Graph

/// Products of two activations of int8.
func byteMatrixProductKernels() -> [Kernel] {
  entries(mnv4_q8_matrix_product_kernel_at).compactMap { ByteMatrixProduct($0)?.kernel }
}

/// Bytes that a session spends on the packed right operands of a product, at most: others run
/// elsewhere.
let maximumPackedByteCount = 1 << 28

/// A kernel of the C list that this processor runs.
private struct ByteMatrixProduct: Sendable {
  let name: String
  let gemm: ByteGemm
  let pack:
    @convention(c) (
      UnsafePointer<mnv4_q8_right_operand>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Void

  init?(_ entry: mnv4_q8_matrix_product_kernel) {
    guard let name = entry.name, let pack = entry.pack, let gemm = entry.gemm,
      let gemm = ByteGemm(gemm.pointee)
    else { return nil }
    self.name = String(cString: name)
    self.pack = pack
    self.gemm = gemm
  }

  var kernel: Kernel {
    Kernel(
      name: name,
      supports: { matrices(of: $0) != nil },
      nanoseconds: { problem in matrices(of: problem).map { nanoseconds($0, problem) } ?? 0 },
      memory: { problem in
        BackendMemory(
          sessionByteCount: matrices(of: problem).map { $0.packedByteCount(gemm) } ?? 0)
      },
      pack: { problem throws(BackendError) in
        guard let matrices = matrices(of: problem) else { preconditionFailure("not \(name)") }
        return PackedByteMatrixProduct(kernel: self, matrices: matrices)
      },
      workspaceByteCount: { problem in
        matrices(of: problem).map { gemm.scratchByteCount(of: $0.shape) } ?? 0
      })
  }

  /// Nil where the problem is no product that it runs, or would take much memory.
  private func matrices(of problem: StepProblem) -> ByteMatrices? {
    ByteMatrices(problem).flatMap { matrices in
      gemm.scratchByteCount(of: matrices.shape) <= Workspace.maximumSlotByteCount
        && matrices.packedByteCount(gemm) <= maximumPackedByteCount ? matrices : nil
    }
  }

  /// Bytes of a right operand packed a nanosecond.
  static let packingRate = 6.0

  /// Columns beyond the last whole vector, and products beyond the last whole four, cost as much.
  private func nanoseconds(_ matrices: ByteMatrices, _ problem: StepProblem) -> Double {
    let rows = Double(problem.output.shape.rowCount)
    let columns = Double(matrices.columnCount.roundedUp(to: 16))
    let depth = Double(matrices.depth.roundedUp(to: 4))
    let rates = gemm.rates
    let packing = Double(problem.inputs[1].shape.elementCount) / Self.packingRate
    return max(
      rows * columns * depth / rates.matrix + rows * (columns + depth) / rates.outputs,
      Double(problem.operandByteCount) / MicrokernelRates.memory)
      + packing + 2 * MicrokernelRates.overheadNanoseconds
  }
}

/// A product of activations, `batchCount` times: rows of the left operand by columns of the right.
private struct ByteMatrices {
  let product: MatrixProduct
  let inputs: [Value]
  let output: Value
  let batchCount: Int
  /// Of one product: the rows as pixels of an image.
  let shape: mnv4_q8_gemm_shape

  var rowCount: Int { Int(shape.output_width) }
  var depth: Int { Int(shape.input_channels) }
  var columnCount: Int { Int(shape.output_channels) }

  /// Nil where the problem is no such product, or larger than the kernels count.
  init?(_ problem: StepProblem) {
    guard case .matrixProduct(let product) = problem.operation, !problem.inputs[0].isFloat else {
      return nil
    }
    self.product = product
    inputs = problem.inputs
    output = problem.output
    let shape = output.shape
    let depth = inputs[0].shape[2]
    guard depth <= Int(Int32.max) / (255 * 255),
      ByteGemmLayer.holds(pixels: shape[1], depth: depth, columns: shape[2])
    else { return nil }
    batchCount = shape[0]
    self.shape = ByteGemmLayer.shape(rows: shape[1], depth: depth, columns: shape[2])
  }
}

private struct PackedByteMatrixProduct: PackedKernel {
  let kernel: ByteMatrixProduct
  let matrices: ByteMatrices

  var sharedByteCount: Int { 0 }
  var workspaceByteCount: Int { kernel.gemm.scratchByteCount(of: matrices.shape) }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let gemm = kernel.gemm
    let packedByteCount = gemm.packedByteCount(of: matrices.shape)
    let packed = try allocate(count: matrices.packedByteCount(gemm), of: UInt8.self)
    let packing = ByteMatrixPacking(
      pack: kernel.pack, operand: matrices.right(binding),
      packed: packed.pointer(as: UInt8.self), packedByteCount: packedByteCount,
      batchCount: matrices.batchCount,
      columns: Partition(
        count: matrices.columnCount, unit: gemm.channelStep,
        nanosecondsPerItem: Double(matrices.depth) / ByteMatrixProduct.packingRate,
        workers: workers))
    let body = ByteMatrixProductBody(
      run: gemm.run, problem: matrices.problem(binding, packed: packed),
      batchCount: matrices.batchCount, packedByteCount: packedByteCount,
      cells: Grid(
        rowCount: matrices.rowCount, rowUnit: gemm.pixelStep, columnCount: matrices.columnCount,
        columnUnit: gemm.channelStep,
        nanosecondsPerItem: Double(matrices.depth) / gemm.rates.matrix + 1 / gemm.rates.outputs,
        workers: workers))
    return StepSequence([
      ParallelStep(packing, partCount: packing.partCount, workers: workers, keeping: [packed]),
      ParallelStep(body, partCount: body.partCount, workers: workers, keeping: [packed]),
    ])
  }
}

extension ByteMatrices {
  /// Of all packed right operands.
  fileprivate func packedByteCount(_ gemm: ByteGemm) -> Int {
    saturatingProduct(batchCount, gemm.packedByteCount(of: shape))
  }

  /// The first right operand.
  fileprivate func right(_ binding: StepBinding) -> mnv4_q8_right_operand {
    mnv4_q8_right_operand(
      right: binding.inputs[1].assumingMemoryBound(to: Int8.self), depth: shape.input_channels,
      columns: shape.output_channels, is_transposed: product.transposesRight,
      left_zero_point: inputs[0].zeroPoint, right_zero_point: inputs[1].zeroPoint,
      scale: Requantization.scale(of: product, inputs: inputs, output: output))
  }

  /// The first product.
  fileprivate func problem(
    _ binding: StepBinding, packed: AlignedBuffer
  ) -> mnv4_q8_gemm_problem {
    var problem = mnv4_q8_gemm_problem()
    problem.shape = shape
    problem.packed = UnsafeRawPointer(packed.pointer(as: UInt8.self))
    problem.input = binding.inputs[0]
    problem.input_pixel_stride = depth
    problem.input_row_stride = depth * rowCount
    problem.input_zero_point = inputs[0].zeroPoint
    problem.output = binding.output
    problem.output_pixel_stride = columnCount * output.elementType.byteCount
    if output.isFloat {
      problem.output_type = MNV4_Q8_GEMM_FLOAT32
      problem.float_minimum = -.infinity
      problem.float_maximum = .infinity
    } else {
      let bounds = output.integerRange()
      problem.output_type = MNV4_Q8_GEMM_INT8
      problem.output_zero_point = output.zeroPoint
      problem.output_minimum = bounds.lowerBound
      problem.output_maximum = bounds.upperBound
    }
    return problem
  }
}

/// Product by product, a grid of rows by columns.
private struct ByteMatrixProductBody: ScratchStepBody {
  let run: ByteGemmFunction
  /// The first.
  let problem: mnv4_q8_gemm_problem
  let batchCount: Int
  let packedByteCount: Int
  let cells: Grid

  var partCount: Int { batchCount * cells.partCount }

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (batch, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, columns) = cells[cell]
    var own = problem
    let rowCount = Int(own.shape.output_width)
    own.packed += batch &* packedByteCount
    own.input += batch &* own.input_row_stride
    own.output += batch &* rowCount &* own.output_pixel_stride
    var range = mnv4_q8_gemm_range(
      pixel_begin: Int64(rows.lowerBound), pixel_end: Int64(rows.upperBound),
      channel_begin: Int32(columns.lowerBound), channel_end: Int32(columns.upperBound))
    run(&own, &range, scratch)
  }
}

/// Packs right operands; a part is a run of columns of one.
private struct ByteMatrixPacking: StepBody {
  let pack:
    @convention(c) (
      UnsafePointer<mnv4_q8_right_operand>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Void
  /// The first.
  let operand: mnv4_q8_right_operand
  let packed: UnsafeMutablePointer<UInt8>
  /// Of one.
  let packedByteCount: Int
  let batchCount: Int
  let columns: Partition

  var partCount: Int { batchCount * columns.partCount }

  func run(part: Int) {
    let (batch, run) = part.quotientAndRemainder(dividingBy: columns.partCount)
    var own = operand
    own.right += batch &* Int(own.depth) &* Int(own.columns)
    let range = columns[run]
    pack(
      &own, Int32(range.lowerBound), Int32(range.upperBound),
      packed + batch &* packedByteCount)
  }
}
