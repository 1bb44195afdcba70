import CMicrokernels
import MNV4Core
package import MNV4Graph

typealias ByteQuantizeFunction =
  @convention(c) (
    UnsafePointer<mnv4_q8_quantization>?, UnsafePointer<Float>?, UnsafeMutableRawPointer?, Int
  ) -> Void

typealias ByteDequantizeFunction =
  @convention(c) (
    UnsafePointer<mnv4_q8_dequantization>?, UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int
  ) -> Void

/// Numbers to the elements of an integer type and back, by "Quantize and dequantize" of
/// `docs/quantization.md`, in the kernels for this processor.
package struct ElementConverter: Sendable {
  /// There is one: the last of the list runs on every processor.
  private static let kernels = ByteElementwise.all[0]

  private let value: Value

  /// - Parameter value: of an integer type.
  package init(_ value: Value) { self.value = value }

  /// Writes the integers nearest to `numbers`: a byte each.
  package func quantize(
    _ numbers: UnsafeBufferPointer<Float>, to bytes: UnsafeMutableRawBufferPointer
  ) {
    precondition(bytes.count >= numbers.count)
    var quantization = mnv4_q8_quantization(value)
    Self.kernels.quantize(
      &quantization, numbers.baseAddress, bytes.baseAddress, numbers.count)
  }

  /// Writes the numbers that as many bytes stand for.
  package func dequantize(
    _ bytes: UnsafeRawBufferPointer, to numbers: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(bytes.count >= numbers.count)
    var dequantization = mnv4_q8_dequantization(value)
    Self.kernels.dequantize(
      &dequantization, bytes.baseAddress, numbers.baseAddress, numbers.count)
  }
}

extension mnv4_q8_quantization {
  fileprivate init(_ output: Value) {
    self.init(output: mnv4_q8_elements(output), scale: output.scale)
  }
}

extension mnv4_q8_dequantization {
  fileprivate init(_ input: Value) {
    self.init(
      is_signed: input.elementType == .int8, zero_point: input.zeroPoint, scale: input.scale)
  }
}

/// A quantize from float32, or a dequantize.
struct PackedByteConversion: PackedKernel {
  let input: Value
  let output: Value
  let kernels: ByteElementwise

  init(_ problem: StepProblem, _ kernels: ByteElementwise) {
    input = problem.inputs[0]
    output = problem.output
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let elements = Partition(
      count: output.shape.elementCount, unit: 64, nanosecondsPerItem: 1 / kernels.rate,
      workers: workers)
    if output.isFloat {
      let body = ByteDequantizeBody(
        run: kernels.dequantize, problem: mnv4_q8_dequantization(input), input: binding.inputs[0],
        output: binding.outputFloats, elements: elements)
      return ParallelStep(body, partCount: elements.partCount, workers: workers)
    }
    let body = ByteQuantizeBody(
      run: kernels.quantize, problem: mnv4_q8_quantization(output), input: binding.floats(0),
      output: binding.output, elements: elements)
    return ParallelStep(body, partCount: elements.partCount, workers: workers)
  }
}

private struct ByteQuantizeBody: StepBody {
  let run: ByteQuantizeFunction
  let problem: mnv4_q8_quantization
  let input: UnsafePointer<Float>
  let output: UnsafeMutableRawPointer
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    var problem = problem
    run(&problem, input + range.lowerBound, output + range.lowerBound, range.count)
  }
}

private struct ByteDequantizeBody: StepBody {
  let run: ByteDequantizeFunction
  let problem: mnv4_q8_dequantization
  let input: UnsafeRawPointer
  let output: UnsafeMutablePointer<Float>
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    var problem = problem
    run(&problem, input + range.lowerBound, output + range.lowerBound, range.count)
  }
}
