import MNV4Core
import MNV4Graph

/// How the elements of a tensor stand for real numbers: bytes with a scale and a zero point, or
/// float32.
struct ElementForm: Hashable {
  var type: ElementType
  var scale: Float
  var zeroPoint: Int

  static let float = ElementForm(type: .float32, scale: 1, zeroPoint: 0)

  var isFloat: Bool { type == .float32 }

  /// The integers of the type.
  var range: ClosedRange<Int> { type == .uint8 ? 0...255 : -128...127 }

  func value(_ shape: Shape) throws -> Value {
    guard !isFloat else { return Value(shape: shape) }
    return Value(
      shape: shape, elementType: type,
      quantization: try QuantizationParameters(
        scales: [scale], zeroPoints: [Int32(zeroPoint)], axis: nil, shape: shape,
        elementType: type))
  }

  /// Element `index` of `bytes`, counted from the zero point.
  func steps(_ bytes: [UInt8], _ index: Int) -> Int {
    (type == .uint8 ? Int(bytes[index]) : Int(Int8(bitPattern: bytes[index]))) - zeroPoint
  }

  /// Element `index` of `bytes` as the number that it stands for, rounded to float32.
  func real(_ bytes: [UInt8], _ index: Int) -> Float {
    isFloat ? bytes.float(index) : scale * Float(steps(bytes, index))
  }
}

extension [UInt8] {
  /// The little-endian float32 numbered `index`.
  func float(_ index: Int) -> Float {
    let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(self[index * 4 + $1]) << (8 * UInt32($1)) }
    return Float(bitPattern: bits)
  }

  init(floats: some Sequence<Float>) {
    self = floats.flatMap { float in
      (0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> (8 * UInt32($0))) }
    }
  }
}

/// An operand of a problem.
struct ProblemTensor {
  var shape: [Int]
  var form: ElementForm
  var bytes: [UInt8]

  func steps(_ index: Int) -> Int { form.steps(bytes, index) }
  func real(_ index: Int) -> Float { form.real(bytes, index) }
}

/// Weights or a bias of a problem.
struct ProblemConstant {
  var shape: [Int]
  var type: ElementType
  /// One for all, or one for each index of axis 0; empty where none are stated.
  var scales: [Float] = []
  var zeroPoint = 0
  var bytes: [UInt8]

  func constant() throws -> Constant {
    let shape = try Shape(shape)
    let quantization =
      try scales.isEmpty
      ? nil
      : QuantizationParameters(
        scales: scales, zeroPoints: scales.map { _ in Int32(zeroPoint) },
        axis: scales.count == 1 ? nil : 0, shape: shape, elementType: type)
    let buffer = try bytes.withUnsafeBufferPointer { try AlignedBuffer(copying: $0) }
    return Constant(
      name: "constant", shape: shape, elementType: type, quantization: quantization,
      data: ByteSlice(buffer))
  }
}

/// An operation on integers with its operands, and the bytes that every kernel must give.
struct IntegerProblem: CustomStringConvertible {
  let step: StepProblem
  let inputs: [[UInt8]]
  let expected: [UInt8]

  /// `expected` gives the output's bytes. Throws what `Graph.validate()` says against the problem.
  init(
    _ operation: Operation, inputs: [ProblemTensor], output: ElementForm,
    constants: [ProblemConstant] = [], expected: (_ output: Shape) -> [UInt8]
  ) throws {
    let values = try inputs.map { try $0.form.value(try Shape($0.shape)) }
    let constants = try constants.map { try $0.constant() }
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: values, constants: constants)
    var graph = Graph(name: "problem", constants: constants)
    let node = Node(
      name: "step", operation: operation, inputs: try Self.addOperands(values, to: &graph),
      output: ValueID(graph.values.count))
    graph.values.append(try output.value(shape))
    graph.nodes.append(node)
    graph.outputs = [node.output]
    try graph.validate()
    step = StepProblem(node: node, of: graph)
    self.inputs = inputs.map(\.bytes)
    self.expected = expected(shape)
  }

  /// Adds what makes every operand from the graph's one input: runs of it in other shapes.
  static func addOperands(_ values: [Value], to graph: inout Graph) throws -> [ValueID] {
    graph.inputs = [ValueID(0)]
    guard values.count > 1 else {
      graph.values = values
      return graph.inputs
    }
    let length = values.reduce(0) { max($0, $1.shape.elementCount) }
    graph.values = [Value(shape: try Shape([length]))]
    func add(_ operation: Operation, _ input: ValueID, _ value: Value) -> ValueID {
      let output = ValueID(graph.values.count)
      graph.values.append(value)
      graph.nodes.append(
        Node(name: "operand", operation: operation, inputs: [input], output: output))
      return output
    }
    return try values.map { value in
      let count = value.shape.elementCount
      let run = add(
        .slice(Slice(start: 0, count: count)), graph.inputs[0], Value(shape: try Shape([count])))
      let floats = add(.reshape(value.shape), run, Value(shape: value.shape))
      return value.elementType == .float32 ? floats : add(.quantize, floats, value)
    }
  }

  /// Whether a plan may let the output overwrite the first input.
  var allowsInPlace: Bool {
    step.operation.allowsInPlace && step.inputs[0].elementType == step.output.elementType
      && step.inputs[0].shape.elementCount == step.output.shape.elementCount
  }

  var description: String {
    func describe(_ value: Value) -> String {
      let quantization = value.quantization.map { " \($0.scales[0]) \($0.zeroPoints[0])" } ?? ""
      return "\(value.shape) \(value.elementType)\(quantization)"
    }
    let operands = step.inputs.map(describe).joined(separator: ", ")
    return "\(operands) → \(describe(step.output)) \(step.operation)"
  }
}
