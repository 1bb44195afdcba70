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
      guard case .batchNormalization(let normalization) = node.operation,
        let producer = rewriter.soleProducer(of: node.inputs[0])
      else { continue }
      let layer = rewriter.graph.nodes[producer]
      switch layer.operation {
      case .convolution(var convolution):
        guard convolution.activation == .identity, !convolution.hasResidual,
          let folded = try rewriter.fold(
            normalization, weights: convolution.weights, bias: convolution.bias, layer: layer.name)
        else { continue }
        convolution.weights = folded.weights
        convolution.bias = folded.bias
        rewriter.merge(
          producer, into: index, as: .convolution(convolution), inputs: layer.inputs)
      case .fullyConnected(var connected):
        guard connected.activation == .identity,
          let folded = try rewriter.fold(
            normalization, weights: connected.weights, bias: connected.bias, layer: layer.name)
        else { continue }
        connected.weights = folded.weights
        connected.bias = folded.bias
        rewriter.merge(
          producer, into: index, as: .fullyConnected(connected), inputs: layer.inputs)
      case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
        .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape:
        continue
      }
    }
    budget = rewriter.budget
    return rewriter.finish()
  }
}

extension GraphRewriter {
  /// The folded weights and bias; nil where the layer's weights are not float32 or the
  /// budget is spent.
  fileprivate mutating func fold(
    _ normalization: BatchNormalization, weights: ConstantID, bias: ConstantID?, layer: String
  ) throws(AllocationError) -> (weights: ConstantID, bias: ConstantID)? {
    let channelCount = graph[normalization.scale].shape.elementCount
    guard graph[weights].elementType == .float32,
      takeFromBudget(graph[weights].shape.elementCount + channelCount)
    else { return nil }
    let scale = graph[normalization.scale].floats
    let shift = graph[normalization.shift].floats
    let mean = graph[normalization.mean].floats
    let variance = graph[normalization.variance].floats
    let oldBias = bias.map { graph[$0].floats } ?? [Float](repeating: 0, count: scale.count)

    let factors = zip(scale, variance).map {
      Double($0) / (Double($1) + Double(normalization.epsilon)).squareRoot()
    }
    let newBias = scale.indices.map { channel in
      Float(
        (Double(oldBias[channel]) - Double(mean[channel])) * factors[channel]
          + Double(shift[channel]))
    }
    let newWeights = try scaledRows(of: weights, by: factors)
    let biasName = bias.map { graph[$0].name } ?? "\(layer).bias"
    let newBiasID = try addConstant(
      Constant(name: biasName, shape: graph[normalization.shift].shape, copying: newBias),
      replacing: bias)
    return (newWeights, newBiasID)
  }
}
