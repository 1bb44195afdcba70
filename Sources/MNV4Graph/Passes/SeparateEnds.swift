import MNV4Core

extension Graph {
  /// Takes apart what float32 operations end in but integers cannot: residuals and functions other
  /// than clamps become nodes of their own. `fusingActivations` and `fusingResiduals` undo it.
  package func separatingEnds() -> Graph {
    var result = self
    result.nodes = []
    var rest = Array(nodes.reversed())
    while let node = rest.popLast() {
      if let parts = result.separateEnd(of: node, includingWholeResiduals: true) {
        rest += parts.reversed()
      } else {
        result.nodes.append(node)
      }
    }
    return result
  }

  /// A float32 node without what it ends in (a residual, or a function that does not only clamp), and
  /// that as a second node; nil where it has no such end. Adds the value between them to the graph.
  ///
  /// - Parameter includingWholeResiduals: otherwise only those of part of the channels.
  package mutating func separateEnd(
    of node: Node, includingWholeResiduals: Bool
  ) -> [Node]? {
    let whole = node.operation
    guard self[node.output].elementType == .float32 else { return nil }
    if case .convolution(var convolution) = whole,
      let add = convolution.addition(ofWhole: includingWholeResiduals)
    {
      convolution.residual = .none
      convolution.activation = .identity
      return split(
        node, into: .convolution(convolution), inputs: [node.inputs[0]], then: .add(add), "add",
        extra: [node.inputs[1]])
    }
    let activation = whole.fusedActivation
    guard activation.clampBounds == nil, let body = whole.withoutActivation else { return nil }
    return split(
      node, into: body, inputs: node.inputs, then: .activation(activation), "act", extra: [])
  }

  private mutating func split(
    _ node: Node, into body: Operation, inputs: [ValueID], then tail: Operation, _ suffix: String,
    extra: [ValueID]
  ) -> [Node] {
    values.append(self[node.output])
    let middle = ValueID(values.count - 1)
    return [
      Node(name: node.name, operation: body, inputs: inputs, output: middle),
      Node(
        name: "\(node.name).\(suffix)", operation: tail, inputs: [middle] + extra,
        output: node.output),
    ]
  }
}

extension Convolution {
  /// Its residual as an addition that follows; nil where it has none of that kind.
  fileprivate func addition(ofWhole includesWhole: Bool) -> Add? {
    switch residual {
    case .none: nil
    case .whole: includesWhole ? Add(activation: activation) : nil
    case .channels(let count): Add(channelCount: count, activation: activation)
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
