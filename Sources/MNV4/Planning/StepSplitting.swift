internal import MNV4Core
internal import MNV4Graph

extension Planner {
  /// The graph with those operations taken apart whose parts are estimated to take less time than the
  /// whole: a backend may be fast at a convolution and lack what is fused into it.
  func splittingWherePartsAreFaster(_ graph: Graph) -> Graph {
    var result = graph
    result.nodes = []
    for node in graph.nodes {
      guard let parts = Self.parts(of: node, in: &result), isFaster(parts, than: node, in: result)
      else {
        result.nodes.append(node)
        continue
      }
      result.nodes += parts
    }
    return result.compacted()
  }

  /// The operation without what it ends in, and that as a second one; nil for those with no such end.
  /// Adds the value between them to the graph.
  private static func parts(of node: Node, in graph: inout Graph) -> [Node]? {
    let whole = node.operation
    guard graph[node.output].elementType == .float32 else { return nil }
    if case .convolution(var convolution) = whole, case .channels(let count) = convolution.residual
    {
      let activation = convolution.activation
      convolution.residual = .none
      convolution.activation = .identity
      let tail = Operation.add(Add(channelCount: count, activation: activation))
      return split(
        node, into: .convolution(convolution), inputs: [node.inputs[0]], then: tail, "add",
        extra: [node.inputs[1]], in: &graph)
    }
    let activation = whole.fusedActivation
    guard activation.clampBounds == nil, let body = whole.withoutActivation else { return nil }
    return split(
      node, into: body, inputs: node.inputs, then: .activation(activation), "act", extra: [],
      in: &graph)
  }

  private static func split(
    _ node: Node, into body: Operation, inputs: [ValueID], then tail: Operation, _ suffix: String,
    extra: [ValueID], in graph: inout Graph
  ) -> [Node] {
    graph.values.append(graph[node.output])
    let middle = ValueID(graph.values.count - 1)
    return [
      Node(name: node.name, operation: body, inputs: inputs, output: middle),
      Node(
        name: "\(node.name).\(suffix)", operation: tail, inputs: [middle] + extra,
        output: node.output),
    ]
  }

  private func isFaster(_ parts: [Node], than whole: Node, in graph: Graph) -> Bool {
    let estimates = parts.map { estimate(StepProblem(node: $0, of: graph)) }
    return estimates.reduce(0, +) < estimate(StepProblem(node: whole, of: graph))
  }

  /// The least estimate of all backends; where one is pinned the others count a thousandfold.
  private func estimate(_ problem: StepProblem) -> Double {
    backends.reduce(Double.infinity) { least, backend in
      guard case .runs(_, let nanoseconds) = backend.assess(problem) else { return least }
      return min(
        least, pinned == nil || pinned == backend.name ? nanoseconds : 1000 * nanoseconds)
    }
  }
}

extension Operation {
  /// The same operation without its activation; nil where it cannot have one.
  fileprivate var withoutActivation: Operation? {
    switch self {
    case .convolution(var convolution):
      convolution.activation = .identity
      return .convolution(convolution)
    case .fullyConnected(var layer):
      layer.activation = .identity
      return .fullyConnected(layer)
    case .add(var add):
      add.activation = .identity
      return .add(add)
    case .multiply(var multiply):
      multiply.activation = .identity
      return .multiply(multiply)
    case .batchNormalization, .channelScale, .activation, .globalAveragePool, .averagePool, .slice,
      .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      return nil
    }
  }
}
