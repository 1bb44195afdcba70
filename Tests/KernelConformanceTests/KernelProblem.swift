import MNV4Core
import MNV4Graph

/// An operation with its operands, and what it should give.
struct KernelProblem: CustomStringConvertible {
  let step: StepProblem
  let inputs: [[Float]]
  let expected: [ExpectedElement]

  /// The operation must be valid for the inputs and constants; `expected` has the elements of its
  /// output.
  init(
    _ operation: Operation, inputs: [(shape: [Int], elements: [Float])],
    constants: [(shape: [Int], elements: [Float])] = [],
    expected: (_ output: Shape) -> [ExpectedElement]
  ) throws {
    let values = try inputs.map { Value(shape: try Shape($0.shape)) }
    let constants = try constants.map {
      try Constant(name: "constant", shape: try Shape($0.shape), copying: $0.elements)
    }
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: values, constants: constants)
    let node = Node(
      name: "step", operation: operation, inputs: values.indices.map { ValueID($0) },
      output: ValueID(values.count))
    let graph = Graph(
      name: "problem", values: values + [Value(shape: shape)], constants: constants, nodes: [node],
      inputs: node.inputs, outputs: [node.output])
    step = StepProblem(node: node, of: graph)
    self.inputs = inputs.map(\.elements)
    self.expected = expected(shape)
  }

  var description: String {
    "\(step.inputs.map(\.shape)) → \(step.output.shape) \(step.operation)"
  }
}

/// An element of the output: the exact result, and how far from it a kernel may be.
struct ExpectedElement {
  let value: Double
  let tolerance: Double

  init(_ value: Double, tolerance: Double = 0) {
    self.value = value
    self.tolerance = tolerance
  }

  /// Whether `result` is near enough; NaN and infinities must be met exactly.
  func accepts(_ result: Float) -> Bool {
    if value.isNaN { return result.isNaN }
    if Double(result) == value { return true }
    return abs(Double(result) - value) <= tolerance
  }
}
