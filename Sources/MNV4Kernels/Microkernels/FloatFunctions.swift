import CMicrokernels
import MNV4Core
import MNV4Graph

/// Standing sigmoid, SiLU and GELU of float32.
func floatFunctionKernels() -> [Kernel] {
  FloatFunction.all.map { floatFunctionKernel("f32_exponential_\($0.name)", $0.set) }
}

private func floatFunctionKernel(_ name: String, _ set: InstructionSet) -> Kernel {
  @Sendable func function(of problem: StepProblem) -> FloatFunction? {
    guard problem.isFloat, case .activation(let activation) = problem.operation else { return nil }
    return FloatFunction(activation, set)
  }
  @Sendable func nanoseconds(of problem: StepProblem) -> Double {
    guard case .activation(let activation) = problem.operation else { return 0 }
    return activation.nanoseconds(elementCount: problem.output.shape.elementCount, set)
      + MicrokernelRates.overheadNanoseconds
  }
  return Kernel(
    name: name,
    supports: { function(of: $0) != nil },
    nanoseconds: nanoseconds,
    memory: { _ in .none },
    pack: { problem throws(BackendError) in
      guard let function = function(of: problem) else { preconditionFailure("not \(name)") }
      return PackedFloatFunction(
        function: function, elementCount: problem.output.shape.elementCount,
        rate: MicrokernelRates.exponentials(set))
    })
}

/// A function that no kernel applies to its own sums, and the C function that does it apart.
struct FloatFunction: Sendable {
  fileprivate typealias Apply =
    @convention(c) (mnv4_f32_function, UnsafePointer<mnv4_f32_function_rows>?) -> Void

  private let function: mnv4_f32_function
  private let apply: Apply

  /// The kernels of the C list that this processor runs, the fastest first.
  fileprivate static let all: [(name: String, set: InstructionSet, apply: Apply)] =
    entries(mnv4_f32_function_kernel_at).compactMap { entry in
      guard let set = InstructionSet(features: entry.features), let name = entry.name,
        let apply = entry.apply
      else { return nil }
      return (String(cString: name), set, apply)
    }

  /// Nil where kernels apply it themselves.
  ///
  /// - Parameter set: the instruction set to use, at most.
  init?(_ activation: Activation, _ set: InstructionSet) {
    switch activation {
    case .identity, .relu, .relu6, .hardSwish, .hardSigmoid: return nil
    case .sigmoid: function = MNV4_F32_SIGMOID
    case .silu: function = MNV4_F32_SILU
    case .gelu: function = MNV4_F32_GELU
    }
    guard let kernel = Self.all.first(where: { $0.set <= set }) else { return nil }
    apply = kernel.apply
  }

  /// `input` may be `output`; rows of both have no gaps.
  func callAsFunction(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, count: Int
  ) {
    var rows = mnv4_f32_function_rows(
      input: input, input_stride: count, output: output, output_stride: count, rows: 1,
      columns: count)
    apply(function, &rows)
  }

  /// In place: the first `columns` of each of `rows` rows, which begin `stride` apart.
  func callAsFunction(
    _ elements: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int
  ) {
    var rows = mnv4_f32_function_rows(
      input: elements, input_stride: stride, output: elements, output_stride: stride, rows: rows,
      columns: columns)
    apply(function, &rows)
  }
}

extension FloatFunction {
  /// Rows of sums that become functions before more are computed: what is written last is still
  /// near.
  ///
  /// - Parameter unit: rows that are best computed together.
  static func rowsAtATime(of length: Int, unit: Int) -> Int {
    max(Self.elementsAtATime / length / unit, 1) * unit
  }

  private static let elementsAtATime = 32_768
}

private struct PackedFloatFunction: PackedKernel {
  let function: FloatFunction
  let elementCount: Int
  let rate: Double

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = FloatFunctionBody(
      function: function, input: binding.floats(0), output: binding.outputFloats,
      elements: Partition(
        count: elementCount, unit: 16, nanosecondsPerItem: 1 / rate, workers: workers))
    return ParallelStep(body, partCount: body.elements.partCount, workers: workers)
  }
}

private struct FloatFunctionBody: StepBody {
  let function: FloatFunction
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    function(
      input + range.lowerBound, to: output + range.lowerBound, count: range.count)
  }
}
