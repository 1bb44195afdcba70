import CMicrokernels
import MNV4Core
import MNV4Graph

/// Slices and concatenations: of float32, and of integers, of which some may take another scale or
/// zero point.
func copyKernels() -> [Kernel] {
  ByteElementwise.all.map { copyKernel("q8_copy_\($0.name)", rate: $0.rate, lookup: $0.lookup) }
    + [copyKernel("f32_copy_portable", rate: 1, lookup: nil)]
}

/// - Parameters:
///   - rate: elements a nanosecond of `lookup`.
///   - lookup: nil for float32.
private func copyKernel(_ name: String, rate: Double, lookup: ByteLookupFunction?) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.output.isFloat == (lookup == nil) else { return false }
      return switch problem.operation {
      case .slice, .concatenation:
        PackedCopies.tableCount(problem) == 0
          || problem.output.shape.last <= CopyRunsBody.slotByteCount
      case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
        .multiply, .globalAveragePool, .averagePool, .matrixProduct, .softmax, .reshape, .pad,
        .resizeBilinear, .quantize, .dequantize:
        false
      }
    },
    nanoseconds: { problem in
      let elements = Double(problem.output.shape.elementCount)
      let runs = problem.output.shape.rowCount * problem.inputs.count
      return 2 * elements * Double(problem.output.elementType.byteCount) / MicrokernelRates.memory
        + (PackedCopies.tableCount(problem) == 0 ? 0 : elements / rate)
        + Double(runs) * CopyRunsBody.runNanoseconds + MicrokernelRates.overheadNanoseconds
    },
    memory: { problem in
      BackendMemory(
        sharedByteCount: saturatingProduct(
          PackedCopies.tableCount(problem), IntegerTable.byteCount))
    },
    pack: { problem throws(BackendError) in
      PackedRunCopies(
        copies: try PackedCopies(problem), rate: rate, lookup: lookup,
        workspaceByteCount: workspaceByteCount(problem))
    },
    workspaceByteCount: workspaceByteCount)
}

@Sendable private func workspaceByteCount(_ problem: StepProblem) -> Int {
  PackedCopies.tableCount(problem) == 0 ? 0 : CopyRunsBody.slotByteCount
}

private struct PackedRunCopies: PackedKernel {
  let copies: PackedCopies
  let rate: Double
  let lookup: ByteLookupFunction?
  let workspaceByteCount: Int

  var sharedByteCount: Int { copies.sharedByteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let steps = copies.copies.map { item -> any PreparedStep in
      let rate = item.table == nil ? MicrokernelRates.memory / 2 : rate
      let body = CopyRunsBody(
        lookup: lookup, source: binding.bytes(item.input) + item.sourceOffset,
        sourceStride: item.sourceStride, target: binding.outputBytes + item.targetOffset,
        targetStride: copies.targetStride, count: item.count, table: item.table?.pointer,
        rows: Partition(
          count: copies.rowCount,
          nanosecondsPerItem: Double(item.count) / rate + CopyRunsBody.runNanoseconds,
          workers: workers))
      return ParallelStep(
        body, partCount: body.rows.partCount, workers: workers,
        keeping: [item.table?.buffer].compactMap(\.self))
    }
    return StepSequence(steps)
  }
}

/// One run of each row of an input, to one run of each row of the output, which overlaps no input.
///
/// Several rows at a time go through the table into the slot, and from there to their places. Of
/// these, up to 63 bytes past the end of the input are read, and never enter a result.
private struct CopyRunsBody: ScratchStepBody {
  let lookup: ByteLookupFunction?
  let source: UnsafePointer<UInt8>
  let sourceStride: Int
  let target: UnsafeMutablePointer<UInt8>
  let targetStride: Int
  /// Bytes of a run; with a table, at most those of a slot.
  let count: Int
  let table: UnsafePointer<UInt8>?
  let rows: Partition

  static let slotByteCount = 8_192
  /// What copying a run costs, however short it is.
  static let runNanoseconds = 1.0

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let range = rows[part]
    guard let table, let lookup else {
      mnv4_copy_runs(
        source + range.lowerBound &* sourceStride, sourceStride,
        target + range.lowerBound &* targetStride, targetStride, count, range.count)
      return
    }
    // A slice's source has gaps: its runs go through the table one by one.
    let most = count == sourceStride ? Self.slotByteCount / count : 1
    var row = range.lowerBound
    while row < range.upperBound {
      let rowCount = min(most, range.upperBound &- row)
      lookup(table, source + row &* sourceStride, scratch, rowCount &* count)
      mnv4_copy_runs(
        scratch, count, target + row &* targetStride, targetStride, count, rowCount)
      row += rowCount
    }
  }
}
