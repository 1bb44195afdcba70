import MNV4Core

/// What a float32 operation may end in that is taken apart from it.
package enum SeparatedEnds: Hashable, Sendable {
  /// Residuals of part of the channels, and functions that do not only clamp: what some backends lack.
  case partialResidualsAndFunctions
  /// Every residual, and functions that do not only clamp: what integers lack.
  case residualsAndFunctions
  /// Clamps too: every sum can be seen.
  case all

  fileprivate func includes(_ activation: Activation) -> Bool {
    self == .all ? activation != .identity : activation.clampBounds == nil
  }
}

extension Graph {
  /// Makes what float32 operations end in nodes of their own. `fusingActivations` and
  /// `fusingResiduals` undo it. Values keep their ids; those between the parts are added.
  package func separating(_ ends: SeparatedEnds) -> Graph {
    var result = self
    result.nodes = []
    var rest = Array(nodes.reversed())
    while let node = rest.popLast() {
      if let parts = result.separateEnd(of: node, ends) {
        rest += parts.reversed()
      } else {
        result.nodes.append(node)
      }
    }
    return result
  }

  /// A float32 node without what it ends in, and that as a second node; nil where it has no such end.
  /// Adds the value between them to the graph.
  package mutating func separateEnd(of node: Node, _ ends: SeparatedEnds) -> [Node]? {
    let whole = node.operation
    guard self[node.output].elementType == .float32 else { return nil }
    if case .convolution(var convolution) = whole,
      let add = convolution.addition(ofWhole: ends != .partialResidualsAndFunctions)
    {
      convolution.residual = .none
      convolution.activation = .identity
      return split(
        node, into: .convolution(convolution), inputs: [node.inputs[0]], then: .add(add), "add",
        extra: [node.inputs[1]])
    }
    let activation = whole.fusedActivation
    guard ends.includes(activation), let body = whole.withoutActivation else { return nil }
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
  package var withoutActivation: Operation? {
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
