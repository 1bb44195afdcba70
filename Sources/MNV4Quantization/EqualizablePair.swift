import MNV4Core
import MNV4Graph

/// Two layers such that a channel scaled in the first can be scaled back in the second.
struct EqualizablePair: Hashable {
  /// Indices of the layers' nodes.
  let first: Int
  let second: Int
  /// Between them: identity, ReLU or ReLU6.
  let activation: Activation
  let firstWeights: ConstantID
  let firstBias: ConstantID?
  let secondWeights: ConstantID
  let secondGroups: Int

  var constants: [ConstantID] { [firstWeights, secondWeights] + [firstBias].compactMap(\.self) }
}

extension Graph {
  /// The pairs of layers of which the second alone reads what the first makes, with nothing between
  /// them but at most one identity, ReLU or ReLU6, means over pixels, and reshapes that keep the
  /// channels. Their weights and biases are float32 and no other node's.
  var equalizablePairs: [EqualizablePair] {
    let readers = soleReaders
    var constantUses: [ConstantID: Int] = [:]
    for node in nodes {
      for id in node.operation.constants { constantUses[id, default: 0] += 1 }
    }
    var pairs: [EqualizablePair] = []
    for index in nodes.indices {
      guard let pair = pair(startingAt: index, readers: readers) else { continue }
      let areOwn = pair.constants.allSatisfy { id in
        constantUses[id] == 1 && self[id].elementType == .float32
      }
      if areOwn { pairs.append(pair) }
    }
    return pairs
  }

  private func pair(startingAt index: Int, readers: [Int?]) -> EqualizablePair? {
    guard let first = EqualizableLayer(nodes[index].operation), !first.hasResidual,
      let path = path(from: index, ending: first.activation, readers: readers),
      let second = EqualizableLayer(nodes[path.end].operation)
    else { return nil }
    return EqualizablePair(
      first: index, second: path.end, activation: path.activation, firstWeights: first.weights,
      firstBias: first.bias, secondWeights: second.weights, secondGroups: second.groups)
  }

  /// Follows what the layer at `start` makes to the layer that reads it.
  private func path(
    from start: Int, ending fused: Activation, readers: [Int?]
  ) -> (end: Int, activation: Activation)? {
    guard var activation = fused.ifScalable else { return nil }
    var current = start
    while let next = readers[nodes[current].output.index] {
      let (value, node) = (self[nodes[current].output], nodes[next])
      switch node.operation {
      case .convolution, .fullyConnected:
        // A residual is an input too; scaling it would not be undone.
        return node.inputs[0] == nodes[current].output ? (next, activation) : nil
      case .activation(let function):
        guard activation == .identity, let function = function.ifScalable else { return nil }
        activation = function
      case .reshape:
        guard self[node.output].shape.last == value.shape.last else { return nil }
      case .globalAveragePool, .averagePool: break
      case .batchNormalization, .channelScale, .add, .multiply, .slice, .concatenation,
        .matrixProduct, .softmax, .pad, .resizeBilinear, .quantize, .dequantize:
        return nil
      }
      current = next
    }
    return nil
  }
}

extension Activation {
  /// Itself where a positive factor passes through it, for ReLU6 below 6; nil for the others.
  fileprivate var ifScalable: Activation? {
    switch self {
    case .identity, .relu, .relu6: self
    case .hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu: nil
    }
  }
}

/// What equalization asks of a convolution or fully connected layer.
private struct EqualizableLayer {
  let weights: ConstantID
  let bias: ConstantID?
  let groups: Int
  let activation: Activation
  let hasResidual: Bool

  /// Nil for other operations.
  init?(_ operation: Operation) {
    switch operation {
    case .convolution(let convolution):
      weights = convolution.weights
      bias = convolution.bias
      groups = convolution.groups
      activation = convolution.activation
      hasResidual = convolution.hasResidual
    case .fullyConnected(let layer):
      weights = layer.weights
      bias = layer.bias
      groups = 1
      activation = layer.activation
      hasResidual = false
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      return nil
    }
  }
}
