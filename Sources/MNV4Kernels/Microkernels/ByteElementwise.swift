import CMicrokernels
import MNV4Core
import MNV4Graph

/// Additions, products, functions, means and conversions of integers.
func byteElementwiseKernels() -> [Kernel] {
  ByteElementwise.all.flatMap(\.kernels)
}

typealias ByteAddFunction =
  @convention(c) (UnsafePointer<mnv4_q8_addition>?, UnsafePointer<mnv4_q8_rows>?) -> Void

typealias ByteLookupFunction =
  @convention(c) (UnsafePointer<UInt8>?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) -> Void

/// An instruction set's kernels of the C list, one that this processor runs.
struct ByteElementwise: Sendable {
  let name: String
  let set: InstructionSet
  /// Elements a nanosecond.
  let rate: Double
  let add: ByteAddFunction
  let multiply:
    @convention(c) (UnsafePointer<mnv4_q8_product>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let lookup: ByteLookupFunction
  let mean: @convention(c) (UnsafePointer<mnv4_q8_mean>?) -> Void
  let quantize: ByteQuantizeFunction
  let dequantize: ByteDequantizeFunction

  /// Those that this processor runs, the fastest first.
  static let all: [ByteElementwise] = UnsafeBufferPointer(
    start: mnv4_q8_elementwise_sets(), count: Int(mnv4_q8_elementwise_set_count())
  ).compactMap(ByteElementwise.init)

  init?(_ entry: mnv4_q8_elementwise_set) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let add = entry.add, let multiply = entry.multiply, let lookup = entry.lookup,
      let mean = entry.mean, let quantize = entry.quantize, let dequantize = entry.dequantize
    else { return nil }
    self.name = String(cString: name)
    self.set = set
    rate = MicrokernelRates.integers(set).elements
    self.add = add
    self.multiply = multiply
    self.lookup = lookup
    self.mean = mean
    self.quantize = quantize
    self.dequantize = dequantize
  }

  var kernels: [Kernel] {
    [
      Kernel(
        name: "q8_add_\(name)",
        supports: { problem in
          guard case .add = problem.operation else { return false }
          return !problem.isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteAddition(problem, self) }),
      Kernel(
        name: "q8_multiply_\(name)",
        supports: { problem in
          guard case .multiply = problem.operation else { return false }
          return !problem.isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteProduct(problem, self) }),
      Kernel(
        name: "q8_lookup_\(name)",
        supports: { Self.function(of: $0) != nil },
        nanoseconds: nanoseconds,
        memory: { _ in BackendMemory(sharedByteCount: IntegerTable.byteCount) },
        pack: { problem throws(BackendError) in
          PackedByteLookup(
            table: try IntegerTable(
              from: problem.inputs[0], to: problem.output, Self.function(of: problem) ?? .identity),
            elementCount: problem.output.shape.elementCount, kernels: self)
        }),
      Kernel(
        name: "q8_mean_\(name)",
        supports: { problem in
          let pixels = problem.inputs[0].shape.elementCount / problem.output.shape.elementCount
          return problem.operation == .globalAveragePool && !problem.isFloat && pixels <= 1 << 23
        },
        nanoseconds: { Double($0.inputs[0].shape.elementCount) / (5 * rate) + overhead },
        memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteMean(problem, self) }),
      Kernel(
        name: "q8_quantize_\(name)",
        supports: { problem in
          guard case .quantize = problem.operation else { return false }
          return problem.inputs[0].isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteConversion(problem, self) }),
      Kernel(
        name: "q8_dequantize_\(name)",
        supports: { problem in
          guard case .dequantize = problem.operation else { return false }
          return !problem.inputs[0].isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteConversion(problem, self) }),
    ]
  }

  private var overhead: Double { MicrokernelRates.overheadNanoseconds }

  private var nanoseconds: @Sendable (StepProblem) -> Double {
    { Double($0.output.shape.elementCount) / rate + overhead }
  }

  /// What a table stands for; nil where the problem is no function of one integer.
  private static func function(of problem: StepProblem) -> Activation? {
    guard !problem.inputs[0].isFloat, !problem.output.isFloat else { return nil }
    return switch problem.operation {
    case .activation(let activation): activation
    case .quantize: .identity
    case .convolution, .fullyConnected, .batchNormalization, .channelScale, .add, .multiply,
      .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct, .softmax,
      .reshape, .pad, .resizeBilinear, .dequantize:
      nil
    }
  }
}

extension mnv4_q8_elements {
  init(_ output: Value, _ activation: Activation = .identity) {
    let range = output.integerRange(after: activation)
    self.init(
      is_signed: output.elementType == .int8, zero_point: output.zeroPoint,
      lower: range.lowerBound, upper: range.upperBound)
  }
}
