import MNV4Core
import MNV4Graph

/// A product of two activations: the right one is packed into panels at every run.
struct PackedMatrixProduct: PackedKernel {
  let product: MatrixProduct
  let batchCount: Int
  let rowCount: Int
  let depth: Int
  let columnCount: Int

  init(_ problem: StepProblem) {
    guard case .matrixProduct(let product) = problem.operation else {
      preconditionFailure("not a matrix product")
    }
    self.product = product
    batchCount = problem.output.shape[0]
    rowCount = problem.output.shape[1]
    columnCount = problem.output.shape[2]
    depth = problem.inputs[0].shape[2]
  }

  var sharedByteCount: Int { 0 }

  private var paddedColumns: Int { columnCount.roundedUp(to: PackedMatrix.panelWidth) }
  private var packedCount: Int { paddedColumns * depth }
  /// The packed matrices, then a bias of zeros.
  var scratchFloatCount: Int { batchCount * packedCount + paddedColumns }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let scratch = try allocate(floatCount: scratchFloatCount)
    let packed = scratch.pointer(as: Float.self)
    let zeros = UnsafePointer(packed + batchCount * packedCount)
    let packing = PanelPackingBody(
      right: binding.floats(1), packed: packed, depth: depth, columnCount: columnCount,
      isTransposed: product.transposesRight, scale: product.scale)
    let packingStep =
      ParallelStep(
        packing, partCount: batchCount * packing.panelCount, workers: workers, keeping: [scratch])
    let body = MatrixBody(
      input: binding.floats(0), output: binding.outputFloats, rowCount: rowCount,
      panels: PanelView(
        weights: UnsafeRawPointer(packed).assumingMemoryBound(to: FloatVector.self), bias: zeros,
        depth: depth, columnCount: columnCount),
      epilogue: Epilogue(activation: .identity), batchCount: batchCount, workers: workers)
    return StepSequence([
      packingStep,
      ParallelStep(body, partCount: body.partCount, workers: workers, keeping: [scratch]),
    ])
  }
}

/// Packs `scale · right` into panels; a part is one panel of one matrix.
///
/// The packed memory starts on a 32-byte boundary and overlaps no operand; lanes past the last
/// column are left as they are (zero). Nothing is read past the operand.
struct PanelPackingBody: StepBody {
  let right: UnsafePointer<Float>
  let packed: UnsafeMutablePointer<Float>
  let depth: Int
  let columnCount: Int
  let isTransposed: Bool
  let scale: Float

  var panelCount: Int {
    columnCount.roundedUp(to: PackedMatrix.panelWidth) / PackedMatrix.panelWidth
  }

  func run(part: Int) {
    let batch = part / panelCount
    let first = part % panelCount &* PackedMatrix.panelWidth
    let lanes = min(columnCount &- first, PackedMatrix.panelWidth)
    let source = right + batch &* depth &* columnCount
    let target = packed + part &* depth &* PackedMatrix.panelWidth
    if isTransposed {
      for lane in 0..<lanes {
        let column = source + (first &+ lane) &* depth
        for k in 0..<depth { target[k &* PackedMatrix.panelWidth &+ lane] = column[k] * scale }
      }
    } else {
      for k in 0..<depth {
        let row = load(source + (k &* columnCount &+ first), lanes)
        store(row * scale, to: target + k &* PackedMatrix.panelWidth)
      }
    }
  }
}
