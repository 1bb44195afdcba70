import MNV4Core
import MNV4Graph

/// Images with rows and columns of zeros around them.
func padKernel(_ name: String, _ type: ElementType) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard case .pad = problem.operation else { return false }
      return problem.output.elementType == type
    },
    nanoseconds: { $0.memoryNanoseconds },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in
      guard case .pad(let padding) = problem.operation else { preconditionFailure("not a pad") }
      return PackedPad(problem, padding)
    })
}

struct PackedPad: PackedKernel {
  let input: Shape
  let output: Shape
  let padding: Padding
  /// Bytes of a pixel.
  let pixelByteCount: Int
  /// Every byte of the border.
  let border: UInt8

  init(_ problem: StepProblem, _ padding: Padding) {
    input = problem.inputs[0].shape
    output = problem.output.shape
    self.padding = padding
    pixelByteCount = output.last * problem.output.elementType.byteCount
    border = problem.output.isFloat ? 0 : UInt8(truncatingIfNeeded: problem.output.zeroPoint)
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let lineByteCount = output[2] * pixelByteCount
    let body = PadBody(
      input: binding.bytes(0), output: binding.outputBytes, inputHeight: input[1],
      outputHeight: output[1], top: padding.top, left: padding.left * pixelByteCount,
      inputLine: input[2] * pixelByteCount, outputLine: lineByteCount, border: border,
      lines: Partition(
        count: output[0] * output[1],
        nanosecondsPerItem: Double(2 * lineByteCount) / Throughput.memory, workers: workers))
    return ParallelStep(body, partCount: body.lines.partCount, workers: workers)
  }
}

/// Any alignment. The output overlaps no operand; nothing is read or written outside the images.
/// Lengths of lines and `left` are in bytes.
private struct PadBody: StepBody {
  let input: UnsafePointer<UInt8>
  let output: UnsafeMutablePointer<UInt8>
  let inputHeight: Int
  let outputHeight: Int
  let top: Int
  let left: Int
  let inputLine: Int
  let outputLine: Int
  let border: UInt8
  let lines: Partition

  func run(part: Int) {
    for line in lines[part] {
      let (image, y) = line.quotientAndRemainder(dividingBy: outputHeight)
      let target = output + line &* outputLine
      let row = y &- top
      guard row >= 0 && row < inputHeight else {
        target.update(repeating: border, count: outputLine)
        continue
      }
      target.update(repeating: border, count: left)
      copy(
        input + (image &* inputHeight &+ row) &* inputLine, to: target + left, count: inputLine)
      let end = left &+ inputLine
      (target + end).update(repeating: border, count: outputLine &- end)
    }
  }
}
