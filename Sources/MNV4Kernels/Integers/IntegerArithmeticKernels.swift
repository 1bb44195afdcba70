import MNV4Core
import MNV4Graph

/// Additions, products and means of integers, eight at a time.
let integerArithmeticKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    Kernel(
      name: "\(prefix)_add_swift",
      supports: { problem in
        guard case .add = problem.operation else { return false }
        return problem.output.elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.integerArithmetic },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in PackedIntegerAddition(problem) }),
    Kernel(
      name: "\(prefix)_multiply_swift",
      supports: { problem in
        guard case .multiply = problem.operation else { return false }
        return problem.output.elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.integerArithmetic },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in PackedIntegerMultiplication(problem) }),
    Kernel(
      name: "\(prefix)_average_pool_swift",
      supports: { problem in
        guard problem.output.elementType == type, let geometry = poolGeometry(problem) else {
          return false
        }
        return geometry.tapCount <= exactFloatLimit / 255
      },
      nanoseconds: { problem in
        let taps = poolGeometry(problem)?.tapCount ?? 0
        return Double(problem.output.shape.elementCount)
          * (Double(taps) / Throughput.expansion + 1 / Throughput.quantize)
      },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in
        guard let geometry = poolGeometry(problem) else { preconditionFailure("not a pool") }
        return PackedIntegerPool(problem, geometry)
      }),
  ]
}

/// Rows of a tensor that are worked through one by one; where no row stands out, the whole tensor cut
/// into pieces of a few kilobytes, the last of them shorter.
private struct RowCut {
  let rowCount: Int
  let rowLength: Int
  let elementCount: Int

  init(_ shape: Shape, isFlat: Bool) {
    elementCount = shape.elementCount
    rowLength = isFlat ? 4096 : shape.last
    rowCount = (elementCount + rowLength - 1) / rowLength
  }

  func partition(_ workers: Workers) -> Partition {
    Partition(
      count: rowCount, nanosecondsPerItem: Double(rowLength) / Throughput.integerArithmetic,
      workers: workers)
  }

  /// Calls `body` with the start of every row of a part and its length.
  @inline(__always)
  func forEachRow(_ rows: Range<Int>, _ body: (_ row: Int, _ start: Int, _ count: Int) -> Void) {
    for row in rows {
      let start = row &* rowLength
      body(row, start, min(rowLength, elementCount &- start))
    }
  }
}

private struct PackedIntegerAddition: PackedKernel {
  private let inputs: [Value]
  private let sum: IntegerAddition
  private let cut: RowCut
  private let addedCount: Int

  init(_ problem: StepProblem) {
    guard case .add(let add) = problem.operation else { preconditionFailure("not an addition") }
    inputs = problem.inputs
    sum = IntegerAddition(
      first: inputs[0], second: inputs[1], output: problem.output, activation: add.activation)
    cut = RowCut(problem.output.shape, isFlat: add.channelCount == nil)
    addedCount = add.channelCount ?? cut.rowLength
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let first = binding.integers(0, inputs[0])
    let body = IntegerAdditionBody(
      first: first, second: binding.integers(1, inputs[1]), output: binding.outputBytes,
      // Bytes are flipped as they are read, which adds to every one of them.
      bias: sum.bias &- (sum.firstMultiplier &+ sum.secondMultiplier) &* Int32(first.flip),
      sum: sum, cut: cut, addedCount: addedCount, rows: cut.partition(workers))
    return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
  }
}

/// The output may be the first operand itself and overlaps no other. Up to 7 bytes past the ends of
/// the operands are read, and never enter a result.
private struct IntegerAdditionBody: StepBody {
  let first: IntegerOperand
  let second: IntegerOperand
  let output: UnsafeMutablePointer<UInt8>
  /// Of sums of flipped bytes.
  let bias: Int32
  let sum: IntegerAddition
  let cut: RowCut
  /// Elements of a row that the second operand is added to.
  let addedCount: Int
  let rows: Partition

  func run(part: Int) {
    let first = first
    let second = second
    let rule = VectorAddition(sum, bias: bias)
    let rest = SIMD8<UInt8>(repeating: UInt8(truncatingIfNeeded: second.zeroPoint))
    cut.forEachRow(rows[part]) { _, start, count in
      let added = min(addedCount, count)
      var index = 0
      while index < added {
        store(
          rule(first.flipped(start &+ index), second.flipped(start &+ index)),
          to: output + (start &+ index), count: min(added &- index, vectorWidth))
        index &+= vectorWidth
      }
      index = added
      while index < count {
        store(
          rule(first.flipped(start &+ index), rest), to: output + (start &+ index),
          count: min(count &- index, vectorWidth))
        index &+= vectorWidth
      }
    }
  }
}

/// `IntegerAddition` of eight pairs of flipped bytes. Multipliers, at most 2²¹, are cut into halves of
/// 16 bits, which processors multiply with bytes faster than whole ones.
private struct VectorAddition {
  private let firstHigh: SIMD8<Int16>
  private let firstLow: SIMD8<Int16>
  private let secondHigh: SIMD8<Int16>
  private let secondLow: SIMD8<Int16>
  private let bias: SIMD8<Int32>
  private let shift: Int32
  private let zeroPoint: Int32
  private let low: SIMD8<Int32>
  private let high: SIMD8<Int32>

  private static var lowBitCount: Int32 { 11 }

  init(_ sum: IntegerAddition, bias: Int32) {
    func half(_ multiplier: Int32, isHigh: Bool) -> SIMD8<Int16> {
      let mask: Int32 = (1 << Self.lowBitCount) - 1
      return SIMD8(
        repeating: Int16(
          truncatingIfNeeded: isHigh ? multiplier >> Self.lowBitCount : multiplier & mask))
    }
    firstHigh = half(sum.firstMultiplier, isHigh: true)
    firstLow = half(sum.firstMultiplier, isHigh: false)
    secondHigh = half(sum.secondMultiplier, isHigh: true)
    secondLow = half(sum.secondMultiplier, isHigh: false)
    self.bias = SIMD8(repeating: bias)
    shift = sum.shift
    zeroPoint = sum.zeroPoint
    low = SIMD8(repeating: sum.range.lowerBound)
    high = SIMD8(repeating: sum.range.upperBound)
  }

  @inline(__always)
  func callAsFunction(_ first: SIMD8<UInt8>, _ second: SIMD8<UInt8>) -> SIMD8<UInt8> {
    let x = SIMD8<Int32>(truncatingIfNeeded: first)
    let y = SIMD8<Int32>(truncatingIfNeeded: second)
    let highs =
      x &* SIMD8<Int32>(truncatingIfNeeded: firstHigh)
      &+ y &* SIMD8<Int32>(truncatingIfNeeded: secondHigh)
    let lows =
      x &* SIMD8<Int32>(truncatingIfNeeded: firstLow)
      &+ y &* SIMD8<Int32>(truncatingIfNeeded: secondLow)
    let total = (highs &<< Self.lowBitCount) &+ lows &+ bias
    let shifted = (total &>> shift) &+ zeroPoint
    return SIMD8<UInt8>(truncatingIfNeeded: pointwiseMin(pointwiseMax(shifted, low), high))
  }
}

extension IntegerOperand {
  /// Eight bytes from `index` on, flipped; reads 8 bytes.
  @inline(__always)
  fileprivate func flipped(_ index: Int) -> SIMD8<UInt8> {
    UnsafeRawPointer(bytes + index).loadUnaligned(as: SIMD8<UInt8>.self)
      ^ SIMD8(repeating: flip)
  }
}

private struct PackedIntegerMultiplication: PackedKernel {
  private let inputs: [Value]
  private let epilogue: IntegerEpilogue
  private let scale: Float
  private let cut: RowCut
  /// How many successive rows meet the same row of the second operand; 1 advances with each.
  private let rowsPerSecond: Int

  init(_ problem: StepProblem) {
    guard case .multiply(let multiply) = problem.operation else {
      preconditionFailure("not a product")
    }
    inputs = problem.inputs
    let isFlat = inputs[0].shape == inputs[1].shape
    epilogue = IntegerEpilogue(problem.output, multiply.activation)
    scale = Requantization.scale(
      inputs[0].scale, inputs[1].scale, output: problem.output.scale)
    cut = RowCut(problem.output.shape, isFlat: isFlat)
    rowsPerSecond = isFlat ? 1 : cut.rowCount / inputs[1].shape.rowCount
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = IntegerMultiplicationBody(
      first: binding.integers(0, inputs[0]), second: binding.integers(1, inputs[1]),
      output: binding.outputBytes, epilogue: epilogue, scale: scale, cut: cut,
      rowsPerSecond: rowsPerSecond, rows: cut.partition(workers))
    return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
  }
}

/// The output may be the first operand itself and overlaps no other. Up to 7 bytes past the ends of
/// the operands are read, and never enter a result.
private struct IntegerMultiplicationBody: StepBody {
  let first: IntegerOperand
  let second: IntegerOperand
  let output: UnsafeMutablePointer<UInt8>
  let epilogue: IntegerEpilogue
  let scale: Float
  let cut: RowCut
  let rowsPerSecond: Int
  let rows: Partition

  func run(part: Int) {
    cut.forEachRow(rows[part]) { row, start, count in
      let other = second + row / rowsPerSecond &* cut.rowLength
      var index = 0
      while index < count {
        // At most 255 · 255: exact.
        let products = first.floats(start &+ index) * other.floats(index)
        epilogue.store(
          products, scale: scale, to: output, at: start &+ index,
          count: min(count &- index, vectorWidth))
        index &+= vectorWidth
      }
    }
  }
}
