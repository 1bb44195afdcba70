import MNV4Core
import MNV4Graph

/// From float32 to 8-bit integers and back.
let quantizeKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    Kernel(
      name: "\(prefix)_quantize_swift",
      supports: { problem in
        guard case .quantize = problem.operation else { return false }
        return problem.inputs[0].isFloat && problem.output.elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.quantize },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in PackedConversion(problem) }),
    Kernel(
      name: "\(prefix)_quantize_swift_reference",
      supports: { problem in
        guard case .quantize = problem.operation else { return false }
        return problem.inputs[0].isFloat && problem.output.elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.reference },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in
        let output = problem.output
        return PackedElements(
          problem, nanoseconds: Double(output.shape.elementCount) / Throughput.reference
        ) { binding in
          QuantizeRule(
            input: binding.floats(0), output: binding.outputBytes, scale: output.scale,
            zeroPoint: output.zeroPoint, range: output.integerRange())
        }
      }),
    Kernel(
      name: "\(prefix)_dequantize_swift",
      supports: { problem in
        guard case .dequantize = problem.operation else { return false }
        return problem.inputs[0].elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.quantize },
      memory: { _ in .none },
      pack: { problem throws(BackendError) in PackedConversion(problem) }),
  ]
}

/// A quantize or dequantize between float32 and integers.
private struct PackedConversion: PackedKernel {
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
    let elements = Partition(
      count: output.shape.elementCount, unit: 64, nanosecondsPerItem: 1 / Throughput.quantize,
      workers: workers)
    if output.isFloat {
      let body = DequantizeBody(
        input: binding.integers(0, input),
        output: binding.outputFloats, scale: input.scale, elements: elements)
      return ParallelStep(body, partCount: elements.partCount, workers: workers)
    }
    let body = QuantizeBody(
      input: binding.floats(0), output: binding.outputBytes,
      quantizer: Quantizer(output), elements: elements)
    return ParallelStep(body, partCount: elements.partCount, workers: workers)
  }
}

/// Real numbers → integers: divided by the scale, rounded to nearest even, clamped; NaN becomes the
/// zero point.
struct Quantizer: Sendable {
  private let scale: Float
  private let epilogue: IntegerEpilogue

  /// - Parameter output: of an integer type.
  init(_ output: Value) {
    scale = output.scale
    epilogue = IntegerEpilogue(output, .identity)
  }

  /// Stores `count` (1 to 8) lanes.
  @inline(__always)
  func store(
    _ reals: FloatVector, to output: UnsafeMutablePointer<UInt8>, at index: Int, count: Int
  ) {
    let steps = reals / scale
    epilogue.store(
      steps.replacing(with: 0, where: steps .!= steps), scale: 1, to: output, at: index,
      count: count)
  }
}

/// Nothing is aligned, or read or written outside the elements. The output overlaps no operand.
private struct QuantizeBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<UInt8>
  let quantizer: Quantizer
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    var index = range.lowerBound
    while index < range.upperBound {
      let count = min(range.upperBound &- index, vectorWidth)
      quantizer.store(load(input + index, count), to: output, at: index, count: count)
      index &+= vectorWidth
    }
  }
}

/// Nothing is aligned. Up to 7 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
private struct DequantizeBody: StepBody {
  let input: IntegerOperand
  let output: UnsafeMutablePointer<Float>
  let scale: Float
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    var index = range.lowerBound
    while index < range.upperBound {
      store(
        input.floats(index) * scale, to: output + index,
        count: min(range.upperBound &- index, vectorWidth))
      index &+= vectorWidth
    }
  }
}

/// Nothing is aligned. The output overlaps no operand.
private struct QuantizeRule: ElementRule {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<UInt8>
  let scale: Float
  let zeroPoint: Int32
  let range: ClosedRange<Int32>

  func write(_ index: Int) {
    output[index] = UInt8(
      truncatingIfNeeded: Requantization.quantize(
        input[index], scale: scale, zeroPoint: zeroPoint, in: range))
  }
}
