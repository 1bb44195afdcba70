extension Graph {
  /// Moves each addition of whole tensors into the convolution that alone feeds one of its operands.
  ///
  /// A convolution that ends in an activation, or has a residual already, keeps its addition apart.
  package func fusingResiduals() -> Graph {
    var rewriter = GraphRewriter(self)
    for index in nodes.indices {
      let node = rewriter.graph.nodes[index]
      guard case .add(let add) = node.operation, add.channelCount == nil,
        node.inputs[0] != node.inputs[1]
      else { continue }
      for (operand, other) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
        guard let producer = rewriter.soleProducer(of: operand),
          case .convolution(var convolution) = rewriter.graph.nodes[producer].operation,
          convolution.activation == .identity, !convolution.hasResidual
        else { continue }
        convolution.hasResidual = true
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
