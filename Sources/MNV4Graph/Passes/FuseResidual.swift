import MNV4Core

extension Graph {
  /// Moves each addition into the convolution that alone feeds one of its operands; where it reaches
  /// part of the channels only, the first operand, whose other channels pass through.
  ///
  /// A convolution that ends in an activation, or has a residual already, keeps its addition apart, and so do integers.
  package func fusingResiduals() -> Graph {
    var rewriter = GraphRewriter(self)
    for index in nodes.indices {
      let node = rewriter.graph.nodes[index]
      guard case .add(let add) = node.operation, node.inputs[0] != node.inputs[1],
        rewriter.graph[node.output].elementType == .float32
      else { continue }
      var pairs = [(node.inputs[0], node.inputs[1])]
      if add.channelCount == nil { pairs.append((node.inputs[1], node.inputs[0])) }
      for (operand, other) in pairs {
        guard let producer = rewriter.soleProducer(of: operand),
          case .convolution(var convolution) = rewriter.graph.nodes[producer].operation,
          convolution.activation == .identity, !convolution.hasResidual
        else { continue }
        convolution.residual = add.channelCount.map { .channels($0) } ?? .whole
        convolution.activation = add.activation
        rewriter.merge(
          producer, into: index, as: .convolution(convolution),
          inputs: rewriter.graph.nodes[producer].inputs + [other])
        break
      }
    }
    return rewriter.finish()
  }
}
