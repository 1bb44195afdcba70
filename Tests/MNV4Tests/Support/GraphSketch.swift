import MNV4Core
import MNV4Graph

/// Draws small graphs, operation by operation, with seeded constants.
struct GraphSketch {
  private var graph: Graph
  private var weights = SeededWeights(seed: 7)

  init(_ name: String = "sketch") { graph = Graph(name: name) }

  mutating func value(_ shape: [Int]) throws -> ValueID {
    graph.values.append(Value(shape: try Shape(shape)))
    return ValueID(graph.values.count - 1)
  }

  mutating func input(_ shape: [Int]) throws -> ValueID {
    let id = try value(shape)
    graph.inputs = [id]
    return id
  }

  mutating func constant(_ key: String, _ shape: [Int]) throws -> ConstantID {
    let elements = try weights.tensor("\(graph.constants.count).\(key)", shape: shape)
    return try constant(key, shape, elements)
  }

  mutating func constant(
    _ key: String, _ shape: [Int], _ elements: [Float]
  ) throws -> ConstantID {
    graph.constants.append(try Constant(name: key, shape: try Shape(shape), copying: elements))
    return ConstantID(graph.constants.count - 1)
  }

  @discardableResult
  mutating func append(
    _ operation: Operation, _ inputs: ValueID..., name: String? = nil
  ) throws -> ValueID {
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: inputs.map { graph[$0] }, constants: graph.constants)
    let output = try value(shape.dimensions)
    graph.nodes.append(
      Node(
        name: name ?? "node\(graph.nodes.count)", operation: operation, inputs: inputs,
        output: output))
    return output
  }

  /// A convolution that keeps height and width at stride 1.
  mutating func convolution(
    _ input: ValueID, outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
    hasBias: Bool = true, activation: Activation = .identity, name: String? = nil
  ) throws -> ValueID {
    let channels = graph[input].shape.last
    let weights = try constant("weight", [outputs, kernel, kernel, channels / groups])
    let bias = hasBias ? try constant("bias", [outputs]) : nil
    let size = Extent(kernel, kernel)
    return try append(
      .convolution(
        Convolution(
          weights: weights, bias: bias, kernel: size, stride: Extent(stride, stride),
          padding: .symmetric(kernel: size), groups: groups, activation: activation)),
      input, name: name)
  }

  mutating func fullyConnected(
    _ input: ValueID, outputs: Int, hasBias: Bool = true, activation: Activation = .identity
  ) throws -> ValueID {
    let weights = try constant("weight", [outputs, graph[input].shape.last])
    let bias = hasBias ? try constant("bias", [outputs]) : nil
    return try append(
      .fullyConnected(FullyConnected(weights: weights, bias: bias, activation: activation)), input)
  }

  mutating func batchNormalization(_ input: ValueID) throws -> ValueID {
    let shape = [graph[input].shape.last]
    let normalization = BatchNormalization(
      scale: try constant("norm.weight", shape), shift: try constant("norm.bias", shape),
      mean: try constant("norm.running_mean", shape),
      variance: try constant("norm.running_var", shape), epsilon: 1e-5)
    return try append(.batchNormalization(normalization), input)
  }

  /// The graph, which passes validation.
  mutating func finish(_ outputs: ValueID...) throws -> Graph {
    graph.outputs = outputs
    try graph.validate()
    return graph
  }
}

extension Graph {
  /// The names of the operations, in order.
  var operationNames: [String] {
    nodes.map { node in node.operation.describe(inputs: node.inputs.map { self[$0] }) }
  }
}
