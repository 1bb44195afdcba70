import MNV4Core
import MNV4Graph

/// Operations that only move elements, of float32 or 8 bits.
let dataMovementKernels: [Kernel] =
  [copyKernel("f32_copy_swift", .float32), padKernel("f32_pad_swift", .float32)]
  + integerTypes.flatMap { type, prefix in
    [copyKernel("\(prefix)_copy_swift", type), padKernel("\(prefix)_pad_swift", type)]
  }

private func copyKernel(_ name: String, _ type: ElementType) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.output.elementType == type else { return false }
      return switch problem.operation {
      case .slice, .concatenation, .reshape: true
      case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
        .multiply, .globalAveragePool, .averagePool, .matrixProduct, .softmax, .pad,
        .resizeBilinear, .quantize, .dequantize:
        false
      }
    },
    nanoseconds: { problem in
      let tables = PackedCopies.tableCount(problem)
      return problem.memoryNanoseconds
        + (tables == 0 ? 0 : Double(problem.output.shape.elementCount) / Throughput.table)
    },
    memory: { problem in
      BackendMemory(
        sharedByteCount: saturatingProduct(
          PackedCopies.tableCount(problem), IntegerTable.byteCount))
    },
    pack: { problem throws(BackendError) in try PackedCopies(problem) })
}

/// One run of each row of an input, to one run of each row of the output. Counts are of bytes.
struct RowCopy: Sendable {
  let input: Int
  let sourceOffset: Int
  let sourceStride: Int
  let targetOffset: Int
  let count: Int
  /// What each byte becomes, where that is another.
  let table: IntegerTable?
}

struct PackedCopies: PackedKernel {
  let copies: [RowCopy]
  let rowCount: Int
  /// In bytes.
  let targetStride: Int

  init(_ problem: StepProblem) throws(BackendError) {
    let output = problem.output
    let size = output.elementType.byteCount
    targetStride = output.shape.last * size
    rowCount = output.shape.rowCount
    var copies: [RowCopy] = []
    var offset = 0
    for (index, input) in problem.inputs.enumerated() {
      var (start, count, stride) = (0, input.shape.last, input.shape.last)
      if case .slice(let slice) = problem.operation {
        (start, count) = (slice.start, slice.count)
      } else if case .reshape = problem.operation {
        (count, stride) = (output.shape.last, output.shape.last)
      }
      copies.append(
        RowCopy(
          input: index, sourceOffset: start * size, sourceStride: stride * size,
          targetOffset: offset * size, count: count * size,
          table: Self.needsTable(input, output)
            ? try IntegerTable(from: input, to: output, .identity) : nil))
      offset += count
    }
    self.copies = copies
  }

  private static func needsTable(_ input: Value, _ output: Value) -> Bool {
    !output.isFloat && input.quantization != output.quantization
  }

  /// How many operands do not have the output's scale and zero point.
  static func tableCount(_ problem: StepProblem) -> Int {
    problem.inputs.filter { needsTable($0, problem.output) }.count
  }

  var sharedByteCount: Int { copies.reduce(0) { $0 + ($1.table?.buffer.byteCount ?? 0) } }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let steps = copies.map { item -> any PreparedStep in
      let rate = item.table == nil ? Throughput.memory / 2 : Throughput.table
      let body = CopyBody(
        source: binding.bytes(item.input) + item.sourceOffset, sourceStride: item.sourceStride,
        target: binding.outputBytes + item.targetOffset, targetStride: targetStride,
        count: item.count, table: item.table?.pointer,
        rows: Partition(
          count: rowCount, nanosecondsPerItem: Double(item.count) / rate, workers: workers))
      return ParallelStep(
        body, partCount: body.rows.partCount, workers: workers,
        keeping: [item.table?.buffer].compactMap(\.self))
    }
    return steps.count == 1 ? steps[0] : StepSequence(steps)
  }
}

/// Any alignment. Source and target are the same memory or do not overlap; nothing is read or
/// written outside the runs.
struct CopyBody: StepBody {
  let source: UnsafePointer<UInt8>
  let sourceStride: Int
  let target: UnsafeMutablePointer<UInt8>
  let targetStride: Int
  let count: Int
  let table: UnsafePointer<UInt8>?
  let rows: Partition

  func run(part: Int) {
    let range = rows[part]
    if count == sourceStride && count == targetStride {
      let offset = range.lowerBound &* count
      move(source + offset, to: target + offset, count: range.count &* count)
      return
    }
    for row in range {
      move(source + row &* sourceStride, to: target + row &* targetStride, count: count)
    }
  }

  @inline(__always)
  private func move(
    _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    if let table {
      for index in 0..<count { target[index] = table[Int(source[index])] }
    } else {
      copy(source, to: target, count: count)
    }
  }
}
