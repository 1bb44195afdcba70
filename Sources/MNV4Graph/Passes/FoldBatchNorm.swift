package import MNV4Core

extension Graph {
  /// Folds each batch normalization into the convolution or fully connected layer that alone feeds
  /// it: `w' = w · s / √(v + ε)`, `b' = (b − m) · s / √(v + ε) + t`, computed in double precision.
  ///
  /// A normalization that follows anything else, or an activation, stays, as does one that `budget`
  /// does not cover.
  package func foldingBatchNorm(
    within budget: inout FoldingBudget
  ) throws(AllocationError) -> Graph {
    var rewriter = GraphRewriter(self, budget: budget)
    for index in nodes.indices {
      let node = rewriter.graph.nodes[index]
      guard case .batchNormalization(let normalization) = node.operation else { continue }
      try rewriter.foldIntoProducer(of: index) { (rewriter, layer, name) throws(AllocationError) in
        try rewriter.fold(normalization, into: layer, name: name)
      }
    }
    budget = rewriter.budget
    return rewriter.finish()
  }
}

extension GraphRewriter {
  /// The folded weights and bias; nil where the layer is not float32 or the budget is spent.
  fileprivate mutating func fold(
    _ normalization: BatchNormalization, into layer: LayerWeights, name: String
  ) throws(AllocationError) -> LayerWeights? {
    let channelCount = graph[normalization.scale].shape.elementCount
    guard isFloat(layer),
      takeFromBudget(graph[layer.weights].shape.elementCount + channelCount)
    else { return nil }
    let scale = graph[normalization.scale].floats
    let shift = graph[normalization.shift].floats
    let mean = graph[normalization.mean].floats
    let variance = graph[normalization.variance].floats
    let oldBias = layer.bias.map { graph[$0].floats } ?? [Float](repeating: 0, count: scale.count)

    let factors = zip(scale, variance).map {
      Double($0) / (Double($1) + Double(normalization.epsilon)).squareRoot()
    }
    let newBias = scale.indices.map { channel in
      Float(
        (Double(oldBias[channel]) - Double(mean[channel])) * factors[channel]
          + Double(shift[channel]))
    }
    let newWeights = try scaledRows(of: layer.weights, by: factors)
    let biasName = layer.bias.map { graph[$0].name } ?? "\(name).bias"
    let newBiasID = try addConstant(
      Constant(name: biasName, shape: graph[normalization.shift].shape, copying: newBias),
      replacing: layer.bias)
    return LayerWeights(weights: newWeights, bias: newBiasID)
  }
}
