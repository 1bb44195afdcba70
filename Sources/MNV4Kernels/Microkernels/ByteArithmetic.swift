import CMicrokernels
import MNV4Core
import MNV4Graph

/// Two operands and an output in rows that are handed out in runs; what has no rows is one row cut into
/// runs of whole vectors.
private struct ByteRows {
  private let first: UnsafeRawPointer
  private let second: UnsafeRawPointer
  private let output: UnsafeMutableRawPointer
  private let hasRows: Bool
  /// 1 where there are no rows.
  private let rowLength: Int
  /// How many successive rows meet the same row of the second operand; 1 advances with each.
  private let rowsPerSecond: Int
  let parts: Partition

  /// - Parameter hasRows: whether rows differ from a run of elements: where the second operand has
  ///   other rows, or not all of a row's elements.
  init(
    _ binding: StepBinding, _ shape: Shape, hasRows: Bool, rowsPerSecond: Int = 1, rate: Double,
    workers: Workers
  ) {
    first = binding.inputs[0]
    second = binding.inputs[1]
    output = binding.output
    self.hasRows = hasRows
    rowLength = hasRows ? shape.last : 1
    self.rowsPerSecond = rowsPerSecond
    parts = Partition(
      count: shape.elementCount / rowLength, unit: hasRows ? 1 : 64,
      nanosecondsPerItem: Double(rowLength) / rate, workers: workers)
  }

  /// Calls `body` with runs of rows of a part that meet the second operand in the same way.
  @inline(__always)
  func forEachRun(ofPart part: Int, _ body: (inout mnv4_q8_rows) -> Void) {
    let range = parts[part]
    guard rowsPerSecond > 1 else {
      let offset = range.lowerBound &* rowLength
      let length = hasRows ? rowLength : range.count
      var rows = mnv4_q8_rows(
        first: first + offset, second: second + offset, output: output + offset,
        row_count: hasRows ? range.count : 1, row_length: length, second_stride: length)
      return body(&rows)
    }
    var start = range.lowerBound
    while start < range.upperBound {
      let row = start / rowsPerSecond
      let end = min((row &+ 1) &* rowsPerSecond, range.upperBound)
      let offset = start &* rowLength
      var rows = mnv4_q8_rows(
        first: first + offset, second: second + row &* rowLength, output: output + offset,
        row_count: end &- start, row_length: rowLength, second_stride: 0)
      body(&rows)
      start = end
    }
  }
}

extension mnv4_q8_addition {
  init(_ add: Add, first: Value, second: Value, output: Value, addedLength: Int) {
    let sum = IntegerAddition(
      first: first, second: second, output: output, activation: add.activation)
    self.init(
      output: mnv4_q8_elements(output, add.activation), first_multiplier: sum.firstMultiplier,
      second_multiplier: sum.secondMultiplier, shift: sum.shift,
      first_zero_point: first.zeroPoint, second_zero_point: second.zeroPoint,
      added_length: addedLength)
  }
}

/// The output may be the first operand itself.
struct PackedByteAddition: PackedKernel {
  let problem: mnv4_q8_addition
  let shape: Shape
  let isPartial: Bool
  let kernels: ByteElementwise

  init(_ step: StepProblem, _ kernels: ByteElementwise) {
    guard case .add(let add) = step.operation else { preconditionFailure("not an addition") }
    shape = step.output.shape
    isPartial = add.channelCount != nil
    problem = mnv4_q8_addition(
      add, first: step.inputs[0], second: step.inputs[1], output: step.output,
      addedLength: add.channelCount ?? shape.elementCount)
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteAdditionBody(
      run: kernels.add, problem: problem,
      rows: ByteRows(
        binding, shape, hasRows: isPartial, rate: kernels.rate, workers: workers))
    return ParallelStep(body, partCount: body.rows.parts.partCount, workers: workers)
  }
}

private struct ByteAdditionBody: StepBody {
  let run: ByteAddFunction
  let problem: mnv4_q8_addition
  let rows: ByteRows

  func run(part: Int) {
    rows.forEachRun(ofPart: part) { rows in
      var own = problem
      own.added_length = min(own.added_length, rows.row_length)
      run(&own, &rows)
    }
  }
}

/// The output may be the first operand itself.
struct PackedByteProduct: PackedKernel {
  let problem: mnv4_q8_product
  let shape: Shape
  /// 1 where the operands have the same shape.
  let rowsPerSecond: Int
  let kernels: ByteElementwise

  init(_ step: StepProblem, _ kernels: ByteElementwise) {
    guard case .multiply(let multiply) = step.operation else {
      preconditionFailure("not a product")
    }
    let (first, second) = (step.inputs[0], step.inputs[1])
    shape = step.output.shape
    rowsPerSecond = shape.rowCount / second.shape.rowCount
    problem = mnv4_q8_product(
      output: mnv4_q8_elements(step.output, multiply.activation),
      first_zero_point: first.zeroPoint, second_zero_point: second.zeroPoint,
      scale: Requantization.scale(first.scale, second.scale, output: step.output.scale))
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteProductBody(
      run: kernels.multiply, problem: problem,
      rows: ByteRows(
        binding, shape, hasRows: rowsPerSecond > 1, rowsPerSecond: rowsPerSecond,
        rate: kernels.rate, workers: workers))
    return ParallelStep(body, partCount: body.rows.parts.partCount, workers: workers)
  }
}

private struct ByteProductBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_q8_product>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let problem: mnv4_q8_product
  let rows: ByteRows

  func run(part: Int) {
    rows.forEachRun(ofPart: part) { rows in
      var own = problem
      run(&own, &rows)
    }
  }
}
