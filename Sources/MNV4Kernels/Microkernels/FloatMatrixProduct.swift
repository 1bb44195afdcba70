import CMicrokernels
import MNV4Core
import MNV4Graph

/// Products of two activations of float32.
func floatMatrixProductKernels() -> [Kernel] {
  FloatGemm.all.map { FloatMatrixProduct(gemm: $0).kernel }
}

private struct FloatMatrixProduct: Sendable {
  let gemm: FloatGemm

  var kernel: Kernel {
    Kernel(
      name: gemm.name.replacing("gemm", with: "matrix_product"),
      supports: { FloatMatrices($0) != nil },
      nanoseconds: { problem in FloatMatrices(problem).map { nanoseconds($0, problem) } ?? 0 },
      memory: { problem in
        .session(floatCount: FloatMatrices(problem)?.scratchFloatCount ?? 0)
      },
      pack: { problem throws(BackendError) in
        guard let matrices = FloatMatrices(problem) else {
          preconditionFailure("not a matrix product")
        }
        return PackedFloatMatrixProduct(gemm: gemm, matrices: matrices)
      })
  }

  /// Floats of a right operand packed a nanosecond.
  static let packingRate = 4.5

  private func nanoseconds(_ matrices: FloatMatrices, _ problem: StepProblem) -> Double {
    let rows = Double(matrices.batchCount * matrices.rowCount)
    let columns = Double(matrices.columnCount.roundedUp(to: 16))
    let rates = gemm.rates
    let packing = Double(problem.inputs[1].shape.elementCount) / Self.packingRate
    return max(
      rows * columns * Double(matrices.depth) / rates.matrix + rows * columns / rates.outputs,
      Double(problem.operandByteCount) / MicrokernelRates.memory)
      + packing + 2 * MicrokernelRates.overheadNanoseconds
  }
}

/// A product of activations, `batchCount` times: rows of the left operand by columns of the right.
private struct FloatMatrices {
  let product: MatrixProduct
  let batchCount: Int
  let rowCount: Int
  let depth: Int
  let columnCount: Int

  /// Nil where the problem is no such product, or would take much memory.
  init?(_ problem: StepProblem) {
    guard case .matrixProduct(let product) = problem.operation, problem.isFloat else {
      return nil
    }
    self.product = product
    batchCount = problem.output.shape[0]
    rowCount = problem.output.shape[1]
    columnCount = problem.output.shape[2]
    depth = problem.inputs[0].shape[2]
    let byteCount = saturatingProduct(scratchFloatCount, MemoryLayout<Float>.stride)
    guard byteCount <= maximumPackedByteCount else { return nil }
  }

  var panelCount: Int { columnCount.roundedUp(to: FloatGemm.panelWidth) / FloatGemm.panelWidth }

  /// Of one packed right operand.
  var packedCount: Int { saturatingProduct(panelCount, FloatGemm.panelWidth, depth) }

  /// The packed operands, then a bias of zeros.
  var scratchFloatCount: Int {
    saturatingSum(
      saturatingProduct(batchCount, packedCount), panelCount * FloatGemm.panelWidth)
  }
}

private struct PackedFloatMatrixProduct: PackedKernel {
  let gemm: FloatGemm
  let matrices: FloatMatrices

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let scratch = try allocate(floatCount: matrices.scratchFloatCount)
    let packed = scratch.pointer(as: Float.self)
    let (depth, columnCount) = (matrices.depth, matrices.columnCount)
    let packing = FloatMatrixPacking(
      operand: mnv4_f32_right_operand(
        right: binding.floats(1), depth: depth, columns: columnCount,
        is_transposed: matrices.product.transposesRight ? 1 : 0, scale: matrices.product.scale),
      packed: packed, packedCount: matrices.packedCount, batchCount: matrices.batchCount,
      panels: Partition(
        count: matrices.panelCount,
        nanosecondsPerItem: Double(depth * FloatGemm.panelWidth) / FloatMatrixProduct.packingRate,
        workers: workers))
    var product = mnv4_f32_gemm()
    product.input = binding.floats(0)
    product.input_stride = depth
    product.weights = UnsafePointer(packed)
    product.bias = UnsafePointer(packed + matrices.batchCount * matrices.packedCount)
    product.output = binding.outputFloats
    product.output_stride = columnCount
    product.depth = depth
    product.columns = columnCount
    product.epilogue = mnv4_f32_epilogue(
      .identity, .none, of: binding, columnCount: columnCount)
    let body = FloatMatrixProductBody(
      run: gemm.gemm, product: product, batchCount: matrices.batchCount,
      rowCount: matrices.rowCount, packedCount: matrices.packedCount,
      cells: Grid(
        rowCount: matrices.rowCount, rowUnit: gemm.rowStep, columnCount: matrices.panelCount,
        nanosecondsPerItem: Double(depth * FloatGemm.panelWidth) / gemm.rates.matrix,
        workers: workers))
    return StepSequence([
      ParallelStep(packing, partCount: packing.partCount, workers: workers, keeping: [scratch]),
      ParallelStep(body, partCount: body.partCount, workers: workers, keeping: [scratch]),
    ])
  }
}

/// Packs right operands; a part is a run of panels of one.
private struct FloatMatrixPacking: StepBody {
  /// The first.
  let operand: mnv4_f32_right_operand
  let packed: UnsafeMutablePointer<Float>
  /// Of one.
  let packedCount: Int
  let batchCount: Int
  let panels: Partition

  var partCount: Int { batchCount * panels.partCount }

  func run(part: Int) {
    let (batch, run) = part.quotientAndRemainder(dividingBy: panels.partCount)
    var own = operand
    own.right += batch &* own.depth &* own.columns
    let range = panels[run]
    mnv4_f32_gemm_pack_right(
      &own, range.lowerBound, range.upperBound, packed + batch &* packedCount)
  }
}

/// Product by product, a grid of rows by panels of columns.
private struct FloatMatrixProductBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_f32_gemm>?, mnv4_f32_gemm_range) -> Void
  /// The first.
  let product: mnv4_f32_gemm
  let batchCount: Int
  let rowCount: Int
  let packedCount: Int
  let cells: Grid

  var partCount: Int { batchCount * cells.partCount }

  func run(part: Int) {
    let (batch, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let (rows, panels) = cells[cell]
    var own = product
    own.input += batch &* rowCount &* own.depth
    own.weights += batch &* packedCount
    own.output += batch &* rowCount &* own.columns
    run(
      &own,
      mnv4_f32_gemm_range(
        row_begin: rows.lowerBound, row_end: rows.upperBound, panel_begin: panels.lowerBound,
        panel_end: panels.upperBound))
  }
}
