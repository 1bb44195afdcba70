package import MNV4Core

extension Graph {
  /// Folds each batch normalization into the convolutions and fully connected layers that read it,
  /// where that is exact: with `f = s / √(v + ε)` and `o = t − m · f` a channel of the input,
  /// `w' = w · f` and `b' = b + Σ w · o`, computed in double precision.
  ///
  /// It is not exact for a convolution that pads, unless every `o` is zero: padding is zero after the
  /// normalization. Those that cannot take it or that `budget` does not cover, and operations of other
  /// kinds, go on reading the normalization; where none is left it is dropped.
  package func foldingBatchNormForward(
    within budget: inout FoldingBudget
  ) throws(AllocationError) -> Graph {
    var rewriter = GraphRewriter(self, budget: budget)
    for index in nodes.indices {
      guard case .batchNormalization(let normalization) = nodes[index].operation else { continue }
      guard let map = rewriter.channelMap(of: normalization) else { continue }
      for reader in rewriter.readers(of: nodes[index].output)
      where rewriter.graph.nodes[reader].inputs[0] == nodes[index].output {
        guard
          let folded = try rewriter.folding(map, intoInputOf: rewriter.graph.nodes[reader])
        else { continue }
        rewriter.replace(
          reader, as: folded, input: rewriter.graph.nodes[index].inputs[0])
      }
      rewriter.removeIfUnread(index)
    }
    budget = rewriter.budget
    return rewriter.finish()
  }
}

/// `factor · x + offset` for each channel.
private struct ChannelMap {
  var factors: [Double]
  var offsets: [Double]
}

extension GraphRewriter {
  /// Nil where the budget is spent.
  fileprivate mutating func channelMap(of normalization: BatchNormalization) -> ChannelMap? {
    guard takeFromBudget(graph[normalization.scale].shape.elementCount) else { return nil }
    let factors = zip(graph[normalization.scale].floats, graph[normalization.variance].floats).map {
      Double($0) / (Double($1) + Double(normalization.epsilon)).squareRoot()
    }
    let shifts = zip(graph[normalization.shift].floats, graph[normalization.mean].floats)
    let offsets = zip(shifts, factors).map { Double($0.0) - Double($0.1) * $1 }
    return ChannelMap(factors: factors, offsets: offsets)
  }

  /// The operation of `node` on the input before `map`; nil where there is none.
  fileprivate mutating func folding(
    _ map: ChannelMap, intoInputOf node: Node
  ) throws(AllocationError) -> Operation? {
    guard let layer = node.operation.layerWeights, isFloat(layer) else { return nil }
    var groups = 1
    if case .convolution(let convolution) = node.operation {
      guard convolution.padding == .none || map.offsets.allSatisfy({ $0 == 0 }) else { return nil }
      groups = convolution.groups
    }
    return try fold(map, into: layer, groups: groups, name: node.name).map {
      node.operation.replacingLayerWeights($0)
    }
  }

  /// Weights `[outputs, …, inputs / groups]`.
  private mutating func fold(
    _ map: ChannelMap, into layer: LayerWeights, groups: Int, name: String
  ) throws(AllocationError) -> LayerWeights? {
    let shape = graph[layer.weights].shape
    guard let biasShape = try? Shape([shape[0]]),
      takeFromBudget(shape.elementCount + shape[0])
    else { return nil }
    let (outputs, inputs) = (shape[0], shape.last)
    let rowCount = shape.elementCount / outputs
    var elements = graph[layer.weights].floats
    var sums =
      layer.bias.map { graph[$0].floats.map(Double.init) } ?? Array(repeating: 0, count: outputs)
    for output in 0..<outputs {
      let firstInput = output / (outputs / groups) * inputs
      for position in 0..<rowCount {
        let index = output * rowCount + position
        let channel = firstInput + position % inputs
        sums[output] += Double(elements[index]) * map.offsets[channel]
        elements[index] = Float(Double(elements[index]) * map.factors[channel])
      }
    }
    let newWeights = try addConstant(
      Constant(name: graph[layer.weights].name, shape: shape, copying: elements),
      replacing: layer.weights)
    let newBias = try addConstant(
      Constant(
        name: layer.bias.map { graph[$0].name } ?? "\(name).bias", shape: biasShape,
        copying: sums.map { Float($0) }), replacing: layer.bias)
    return LayerWeights(weights: newWeights, bias: newBias)
  }
}
