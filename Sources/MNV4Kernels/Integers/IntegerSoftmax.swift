import MNV4Core
import MNV4Graph

/// Softmax whose probabilities are 8-bit integers.
let integerSoftmaxKernels: [Kernel] = integerTypes.map { type, prefix in
  Kernel(
    name: "\(prefix)_softmax_swift",
    supports: { problem in
      guard case .softmax = problem.operation else { return false }
      return problem.output.elementType == type
    },
    nanoseconds: { Double($0.output.shape.elementCount) * 2 / Throughput.exponential },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in PackedIntegerSoftmax(problem) })
}

private struct PackedIntegerSoftmax: PackedKernel {
  let input: Value
  let output: Value

  init(_ problem: StepProblem) {
    input = problem.inputs[0]
    output = problem.output
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let length = output.shape.last
    let rows = Partition(
      count: output.shape.rowCount,
      nanosecondsPerItem: Double(length) * 2 / Throughput.exponential, workers: workers)
    let quantizer = Quantizer(output)
    guard !input.isFloat else {
      let body = IntegerSoftmaxBody(
        source: FloatRows(elements: binding.floats(0)), output: binding.outputBytes,
        quantizer: quantizer, length: length, rows: rows)
      return ParallelStep(body, partCount: rows.partCount, workers: workers)
    }
    let operand = binding.integers(0, input)
    let body = IntegerSoftmaxBody(
      source: IntegerRows(elements: operand, scale: input.scale), output: binding.outputBytes,
      quantizer: quantizer, length: length, rows: rows)
    return ParallelStep(body, partCount: rows.partCount, workers: workers)
  }
}

/// Real numbers, eight from an index on; may read past their end, up to 32 bytes.
private protocol RealRows {
  func vector(_ index: Int) -> FloatVector
}

private struct FloatRows: RealRows {
  let elements: UnsafePointer<Float>

  @inline(__always)
  func vector(_ index: Int) -> FloatVector { load(elements + index) }
}

private struct IntegerRows: RealRows {
  let elements: IntegerOperand
  let scale: Float

  @inline(__always)
  func vector(_ index: Int) -> FloatVector { elements.floats(index) * scale }
}

/// `SoftmaxBody`'s arithmetic, with exponentials computed twice instead of kept.
///
/// Nothing is aligned. Up to 28 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
private struct IntegerSoftmaxBody<Source: RealRows>: StepBody {
  let source: Source
  let output: UnsafeMutablePointer<UInt8>
  let quantizer: Quantizer
  let length: Int
  let rows: Partition

  func run(part: Int) {
    for row in rows[part] {
      let start = row &* length
      let shift = FloatVector(repeating: greatest(start))
      var sums = FloatVector.zero
      var index = 0
      while index &+ vectorWidth <= length {
        sums += exponential(source.vector(start &+ index) - shift)
        index &+= vectorWidth
      }
      var sum = laneSum(sums)
      if index < length {
        let rest = exponential(source.vector(start &+ index) - shift)
        for lane in 0..<length &- index { sum += rest[lane] }
      }
      index = 0
      while index < length {
        let exponentials = exponential(source.vector(start &+ index) - shift)
        quantizer.store(
          exponentials / sum, to: output, at: start &+ index,
          count: min(length &- index, vectorWidth))
        index &+= vectorWidth
      }
    }
  }

  /// The greatest element of a row; NaNs may be passed over, and reach the sum instead.
  @inline(__always)
  private func greatest(_ start: Int) -> Float {
    var greatest = source.vector(start)[0]
    var index = 0
    while index < length {
      let next = source.vector(start &+ index)
      for lane in 0..<min(length &- index, vectorWidth) where next[lane] > greatest {
        greatest = next[lane]
      }
      index &+= vectorWidth
    }
    return greatest
  }
}
