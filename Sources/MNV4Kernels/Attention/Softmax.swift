import MNV4Core
import MNV4Graph

struct PackedSoftmax: PackedKernel {
  let rowCount: Int
  let length: Int

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = SoftmaxBody(
      input: binding.floats(0), output: binding.outputFloats, length: length,
      rows: Partition(
        count: rowCount, nanosecondsPerItem: Double(length) / Throughput.exponential,
        workers: workers))
    return ParallelStep(body, partCount: body.rows.partCount, workers: workers)
  }
}

/// e^(x − m) / Σ e^(x − m) along each row, m its greatest element; a row with a NaN or with +∞, and
/// a row of −∞ alone, becomes NaN throughout.
///
/// Any alignment; nothing is read or written outside the rows; the output overlaps no operand.
struct SoftmaxBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let length: Int
  let rows: Partition

  func run(part: Int) {
    for row in rows[part] {
      normalize(input + row &* length, output + row &* length)
    }
  }

  /// The greatest element of a row; NaNs may be passed over, and reach the sum instead.
  @inline(__always)
  private func greatest(_ row: UnsafePointer<Float>) -> Float {
    var lanes = FloatVector(repeating: row[0])
    var index = 0
    while index &+ vectorWidth <= length {
      let next = load(row + index)
      for lane in 0..<vectorWidth {
        lanes[lane] = next[lane] > lanes[lane] ? next[lane] : lanes[lane]
      }
      index &+= vectorWidth
    }
    var greatest = lanes[0]
    for lane in 1..<vectorWidth where lanes[lane] > greatest { greatest = lanes[lane] }
    while index < length {
      if row[index] > greatest { greatest = row[index] }
      index &+= 1
    }
    return greatest
  }

  private func normalize(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    let shift = FloatVector(repeating: greatest(source))
    var sums = FloatVector.zero
    var index = 0
    while index &+ vectorWidth <= length {
      let exponentials = exponential(load(source + index) - shift)
      store(exponentials, to: target + index)
      sums += exponentials
      index &+= vectorWidth
    }
    var sum = laneSum(sums)
    if index < length {
      let exponentials = exponential(load(source + index, length &- index) - shift)
      store(exponentials, to: target + index, count: length &- index)
      while index < length {
        sum += target[index]
        index &+= 1
      }
    }
    index = 0
    while index < length {
      target[index] /= sum
      index &+= 1
    }
  }
}
