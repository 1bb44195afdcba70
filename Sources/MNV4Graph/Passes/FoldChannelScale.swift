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
      guard case .channelScale(let scaling) = node.operation,
        let producer = rewriter.soleProducer(of: node.inputs[0])
      else { continue }
      let layer = rewriter.graph.nodes[producer]
      switch layer.operation {
      case .convolution(var convolution):
        guard convolution.activation == .identity, !convolution.hasResidual,
          rewriter.takeFromBudget(floats: convolution.weights, convolution.bias)
        else { continue }
        let factors = rewriter.graph[scaling.scale].floats.map(Double.init)
        convolution.weights = try rewriter.scaledRows(of: convolution.weights, by: factors)
        if let bias = convolution.bias {
          convolution.bias = try rewriter.scaledRows(of: bias, by: factors)
        }
        rewriter.merge(
          producer, into: index, as: .convolution(convolution), inputs: layer.inputs)
      case .fullyConnected(var connected):
        guard connected.activation == .identity,
          rewriter.takeFromBudget(floats: connected.weights, connected.bias)
        else { continue }
        let factors = rewriter.graph[scaling.scale].floats.map(Double.init)
        connected.weights = try rewriter.scaledRows(of: connected.weights, by: factors)
        if let bias = connected.bias {
          connected.bias = try rewriter.scaledRows(of: bias, by: factors)
        }
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
  func isFloat(_ weights: ConstantID, _ bias: ConstantID?) -> Bool {
    graph[weights].elementType == .float32
      && bias.map { graph[$0].elementType == .float32 } ?? true
  }

  /// Whether both are float32 and the budget covers another copy of them.
  fileprivate mutating func takeFromBudget(floats weights: ConstantID, _ bias: ConstantID?) -> Bool
  {
    isFloat(weights, bias)
      && takeFromBudget(
        graph[weights].shape.elementCount + (bias.map { graph[$0].shape.elementCount } ?? 0))
  }
}
