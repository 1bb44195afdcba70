import MNV4Core
import MNV4Graph

/// Products of two activations of int8.
let integerMatrixProductKernels: [Kernel] = [
  Kernel(
    name: "s8_matrix_product_swift_6x8",
    supports: { problem in
      guard case .matrixProduct = problem.operation, !problem.inputs[0].isFloat else {
        return false
      }
      return PackedIntegerProduct(problem).workspaceByteCount <= Workspace.maximumSlotByteCount
    },
    nanoseconds: { problem in
      let expanded = Double(problem.inputs.reduce(0) { $0 + $1.shape.elementCount })
      return problem.nanoseconds(rate: Throughput.integerMatrix)
        + 3 * expanded / Throughput.expansion
    },
    memory: { BackendMemory(sessionByteCount: PackedIntegerProduct($0).scratchByteCount) },
    pack: { problem throws(BackendError) in PackedIntegerProduct(problem) },
    workspaceByteCount: { PackedIntegerProduct($0).workspaceByteCount })
]

/// A product of two activations: the right one is packed into panels at every run.
private struct PackedIntegerProduct: PackedKernel {
  private let product: MatrixProduct
  private let inputs: [Value]
  private let output: Value
  private let rowCount: Int
  private let depth: Int
  private let columnCount: Int
  private let batchCount: Int

  init(_ problem: StepProblem) {
    guard case .matrixProduct(let product) = problem.operation else {
      preconditionFailure("not a matrix product")
    }
    self.product = product
    inputs = problem.inputs
    output = problem.output
    batchCount = output.shape[0]
    rowCount = output.shape[1]
    columnCount = output.shape[2]
    depth = inputs[0].shape[2]
  }

  var sharedByteCount: Int { 0 }
  var workspaceByteCount: Int {
    IntegerMatrixBody<DenseRows>.workspaceByteCount(depth: depth, rowCount: rowCount)
  }

  private var paddedColumns: Int { columnCount.roundedUp(to: vectorWidth) }
  private var packedByteCount: Int {
    saturatingProduct(batchCount, paddedColumns, depth).roundedUp(to: AlignedBuffer.alignment)
  }
  /// The packed matrices, then for each column of one a scale and a bias of zero.
  var scratchByteCount: Int { saturatingSum(packedByteCount, saturatingProduct(paddedColumns, 8)) }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let scratch = try allocate(count: scratchByteCount, of: UInt8.self)
    let packed = scratch.pointer(as: UInt8.self)
    let scales = scratch.pointer(at: packedByteCount, as: Float.self)
    scales.update(
      repeating: Requantization.scale(of: product, inputs: inputs, output: output),
      count: paddedColumns)
    let right = binding.integers(1, inputs[1])
    let packing = ByteTransposition(
      right: right, packed: packed, depth: depth, columnCount: columnCount,
      isTransposed: product.transposesRight)
    let packingStep = ParallelStep(
      packing, partCount: batchCount * packing.panelCount, workers: workers, keeping: [scratch])
    let bias = scratch.pointer(
      at: packedByteCount + paddedColumns * MemoryLayout<Float>.stride, as: Int32.self)
    let panels = IntegerPanels(
      weights: UnsafePointer(packed), zeroPoint: right.zeroPoint,
      bias: UnsafePointer(bias), scales: UnsafePointer(scales), depth: depth,
      columnCount: columnCount,
      isExactInFloat: depth <= exactFloatLimit / (255 * 255))
    let body = IntegerMatrixBody(
      rows: DenseRows(
        input: binding.integers(0, inputs[0]), depth: depth, rowCount: rowCount),
      panels: panels,
      target: IntegerTarget(
        output: binding.output, epilogue: IntegerEpilogue(output, .identity),
        rowStride: columnCount, groupStride: rowCount * columnCount),
      rowCount: rowCount, groupCount: batchCount, sharesColumns: true, workers: workers)
    return StepSequence([
      packingStep,
      ParallelStep(body, partCount: body.partCount, workers: workers, keeping: [scratch]),
    ])
  }
}

/// Packs a right operand into panels of uint8; a part is one panel of one matrix.
///
/// The packed memory overlaps no operand; lanes past the last column are left as they are. Nothing
/// is read past the operand.
private struct ByteTransposition: StepBody {
  let right: IntegerOperand
  let packed: UnsafeMutablePointer<UInt8>
  let depth: Int
  let columnCount: Int
  let isTransposed: Bool

  var panelCount: Int { columnCount.roundedUp(to: vectorWidth) / vectorWidth }

  func run(part: Int) {
    let (batch, panel) = part.quotientAndRemainder(dividingBy: panelCount)
    let first = panel &* vectorWidth
    let lanes = min(columnCount &- first, vectorWidth)
    let source = right.bytes + batch &* depth &* columnCount
    let flip = right.flip
    let target = packed + part &* depth &* vectorWidth
    if isTransposed {
      for lane in 0..<lanes {
        let column = source + (first &+ lane) &* depth
        for k in 0..<depth { target[k &* vectorWidth &+ lane] = column[k] ^ flip }
      }
    } else {
      for k in 0..<depth {
        let row = source + (k &* columnCount &+ first)
        for lane in 0..<lanes { target[k &* vectorWidth &+ lane] = row[lane] ^ flip }
      }
    }
  }
}
