package import MNV4Core

extension Graph {
  /// Folds each channel scale into the convolution or fully connected layer that alone feeds it:
  /// `w' = w · γ`, `b' = b · γ`, computed in double precision.
  ///
  /// A scale that follows anything else, or an activation, stays, as does one that `budget` does not
  /// cover.
  package func foldingChannelScale(
    within budget: inout FoldingBudget
  ) throws(AllocationError) -> Graph {
    var rewriter = GraphRewriter(self, budget: budget)
    for index in nodes.indices {
      let node = rewriter.graph.nodes[index]
      guard case .channelScale(let scaling) = node.operation else { continue }
      try rewriter.foldIntoProducer(of: index) { (rewriter, layer, _) throws(AllocationError) in
        try rewriter.fold(scaling, into: layer)
      }
    }
    budget = rewriter.budget
    return rewriter.finish()
  }
}

extension GraphRewriter {
  /// The folded weights and bias; nil where the layer is not float32 or the budget is spent.
  fileprivate mutating func fold(
    _ scaling: ChannelScale, into layer: LayerWeights
  ) throws(AllocationError) -> LayerWeights? {
    let biasCount = layer.bias.map { graph[$0].shape.elementCount } ?? 0
    guard isFloat(layer), takeFromBudget(graph[layer.weights].shape.elementCount + biasCount)
    else { return nil }
    let factors = graph[scaling.scale].floats.map(Double.init)
    var folded = LayerWeights(weights: try scaledRows(of: layer.weights, by: factors))
    if let bias = layer.bias { folded.bias = try scaledRows(of: bias, by: factors) }
    return folded
  }
}
