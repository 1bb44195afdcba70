import MNV4Core

extension Graph {
  /// Moves each activation into the end of the operation that alone feeds it, where that can take
  /// one. Integers are left as they are: each rounding is part of what they compute.
  package func fusingActivations() -> Graph {
    var rewriter = GraphRewriter(self)
    for index in nodes.indices {
      let node = rewriter.graph.nodes[index]
      guard case .activation(let function) = node.operation,
        rewriter.graph[node.output].elementType == .float32,
        let producer = rewriter.soleProducer(of: node.inputs[0]),
        let fused = rewriter.graph.nodes[producer].operation.fusing(function)
      else { continue }
      rewriter.merge(
        producer, into: index, as: fused, inputs: rewriter.graph.nodes[producer].inputs)
    }
    return rewriter.finish()
  }
}
