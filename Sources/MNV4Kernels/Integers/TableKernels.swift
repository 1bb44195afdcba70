import MNV4Core
import MNV4Graph

/// Functions of one integer, as tables of 256: standing activations, and integers under another
/// scale, zero point or type.
let tableKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    Kernel(
      name: "\(prefix)_activation_swift",
      supports: { problem in
        guard case .activation = problem.operation else { return false }
        return problem.inputs[0].elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.table },
      memory: { _ in BackendMemory(sharedByteCount: IntegerTable.byteCount) },
      pack: { problem throws(BackendError) in
        guard case .activation(let activation) = problem.operation else {
          preconditionFailure("not an activation")
        }
        return try PackedTable(problem, activation)
      }),
    Kernel(
      name: "\(prefix)_requantize_swift",
      supports: { problem in
        guard case .quantize = problem.operation else { return false }
        return !problem.inputs[0].isFloat && problem.output.elementType == type
      },
      nanoseconds: { Double($0.output.shape.elementCount) / Throughput.table },
      memory: { _ in BackendMemory(sharedByteCount: IntegerTable.byteCount) },
      pack: { problem throws(BackendError) in try PackedTable(problem, .identity) }),
  ]
}

/// For each byte of an operand the byte of the output.
struct IntegerTable: Sendable {
  static let byteCount = 256
  let buffer: AlignedBuffer

  /// `clamp(round(function(scale · (integer − zero point)) / output scale) + zero point)`.
  init(from input: Value, to output: Value, _ activation: Activation) throws(BackendError) {
    buffer = try allocate(count: Self.byteCount, of: UInt8.self)
    let operand = (type: input.elementType, zeroPoint: input.zeroPoint)
    let range = output.integerRange()
    var reals = (0...255).map { byte -> Float in
      let integer =
        operand.type == .int8 ? Int32(Int8(truncatingIfNeeded: byte)) : Int32(byte)
      return input.scale * Float(integer - operand.zeroPoint)
    }
    reals.withUnsafeMutableBufferPointer { elements in
      guard let base = elements.baseAddress else { return }
      activation.apply(to: base, count: elements.count)
    }
    let table = buffer.pointer(as: UInt8.self)
    for (index, real) in reals.enumerated() {
      table[index] = UInt8(
        truncatingIfNeeded: Requantization.quantize(
          real, scale: output.scale, zeroPoint: output.zeroPoint, in: range))
    }
  }

  var pointer: UnsafePointer<UInt8> { UnsafePointer(buffer.pointer(as: UInt8.self)) }
}

struct PackedTable: PackedKernel {
  let table: IntegerTable
  let elementCount: Int

  init(_ problem: StepProblem, _ activation: Activation) throws(BackendError) {
    table = try IntegerTable(from: problem.inputs[0], to: problem.output, activation)
    elementCount = problem.output.shape.elementCount
  }

  var sharedByteCount: Int { table.buffer.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = TableBody(
      input: binding.bytes(0), output: binding.outputBytes, table: table.pointer,
      elements: Partition(
        count: elementCount, unit: 64, nanosecondsPerItem: 1 / Throughput.table,
        workers: workers))
    return ParallelStep(
      body, partCount: body.elements.partCount, workers: workers, keeping: [table.buffer])
  }
}

/// The output may be the input itself. Nothing is read or written outside the elements.
struct TableBody: StepBody {
  let input: UnsafePointer<UInt8>
  let output: UnsafeMutablePointer<UInt8>
  let table: UnsafePointer<UInt8>
  let elements: Partition

  func run(part: Int) {
    for index in elements[part] { output[index] = table[Int(input[index])] }
  }
}
