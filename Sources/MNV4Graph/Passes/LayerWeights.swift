import MNV4Core

/// The weights and bias of a convolution or fully connected layer, for passes that give it others.
package struct LayerWeights: Hashable, Sendable {
  package var weights: ConstantID
  package var bias: ConstantID?

  package init(weights: ConstantID, bias: ConstantID? = nil) {
    self.weights = weights
    self.bias = bias
  }
}

extension Operation {
  /// Nil for operations other than convolutions and fully connected layers.
  package var layerWeights: LayerWeights? {
    switch self {
    case .convolution(let convolution):
      LayerWeights(weights: convolution.weights, bias: convolution.bias)
    case .fullyConnected(let layer): LayerWeights(weights: layer.weights, bias: layer.bias)
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      nil
    }
  }

  /// The same layer with other weights; unchanged where it has none.
  package func replacingLayerWeights(_ new: LayerWeights) -> Operation {
    switch self {
    case .convolution(var convolution):
      convolution.weights = new.weights
      convolution.bias = new.bias
      return .convolution(convolution)
    case .fullyConnected(var layer):
      layer.weights = new.weights
      layer.bias = new.bias
      return .fullyConnected(layer)
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      return self
    }
  }

  /// Whether the output is the sum of products and bias alone, without a function or a residual.
  fileprivate var endsInItsSum: Bool {
    if case .convolution(let convolution) = self, convolution.hasResidual { return false }
    return fusedActivation == .identity
  }
}

extension GraphRewriter {
  /// Folds the node at `index` into the convolution or fully connected layer that alone feeds it.
  /// A layer that ends in an activation, or adds a residual, keeps the node after it.
  ///
  /// - Parameter fold: the layer's new weights, from its old ones and its name; nil leaves it.
  mutating func foldIntoProducer(
    of index: Int,
    _ fold: (inout GraphRewriter, LayerWeights, String) throws(AllocationError) -> LayerWeights?
  ) throws(AllocationError) {
    guard let producer = soleProducer(of: graph.nodes[index].inputs[0]) else { return }
    let layer = graph.nodes[producer]
    guard let old = layer.operation.layerWeights, layer.operation.endsInItsSum,
      let new = try fold(&self, old, layer.name)
    else { return }
    merge(
      producer, into: index, as: layer.operation.replacingLayerWeights(new), inputs: layer.inputs)
  }

  /// Whether weights and bias are float32.
  func isFloat(_ layer: LayerWeights) -> Bool {
    graph[layer.weights].elementType == .float32
      && layer.bias.map { graph[$0].elementType == .float32 } ?? true
  }
}
