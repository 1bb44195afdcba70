import MNV4Core

/// What one layer computes and moves: the quantities of a roofline model.
///
/// Layers are convolutions, fully connected layers and matrix products, with what is fused into them.
/// Residual additions, pooling and functions of single elements count as free (Qin et al., 2024,
/// arXiv 2404.10518, §4, names the model; which operations count is our reading).
package struct LayerCost: Hashable, Sendable {
  package let name: String
  package let multiplyAccumulateCount: Int
  /// Without biases.
  package let weightElementCount: Int
  /// Inputs and output, without a residual.
  package let activationElementCount: Int

  package init(
    name: String, multiplyAccumulateCount: Int, weightElementCount: Int,
    activationElementCount: Int
  ) {
    self.name = name
    self.multiplyAccumulateCount = multiplyAccumulateCount
    self.weightElementCount = weightElementCount
    self.activationElementCount = activationElementCount
  }

  /// Bytes of weights and activations of one width.
  package func byteCount(elementByteCount: Int) -> Int {
    (weightElementCount + activationElementCount) * elementByteCount
  }

  /// Multiply-accumulates a byte.
  package func intensity(elementByteCount: Int) -> Double {
    Double(multiplyAccumulateCount) / Double(byteCount(elementByteCount: elementByteCount))
  }

  /// `max(MACs, ridge point · bytes)`: the time of the layer in units of one multiply-accumulate, on a
  /// device of `ridgePoint` multiply-accumulates a byte.
  package func roofline(ridgePoint: Double, elementByteCount: Int) -> Double {
    max(
      Double(multiplyAccumulateCount),
      ridgePoint * Double(byteCount(elementByteCount: elementByteCount)))
  }
}

extension Graph {
  /// The cost of the layer that a node is; nil where it is none.
  package func layerCost(of node: Node) -> LayerCost? {
    let weights: ConstantID?
    let operands: [ValueID]
    switch node.operation {
    case .convolution(let convolution):
      weights = convolution.weights
      operands = [node.inputs[0]]
    case .fullyConnected(let layer):
      weights = layer.weights
      operands = [node.inputs[0]]
    case .matrixProduct:
      weights = nil
      operands = node.inputs
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      return nil
    }
    return LayerCost(
      name: node.name,
      multiplyAccumulateCount: node.operation.multiplyAccumulateCount(
        inputs: node.inputs.map { self[$0] }, output: self[node.output]),
      weightElementCount: weights.map { self[$0].shape.elementCount } ?? 0,
      activationElementCount: (operands + [node.output]).reduce(0) {
        $0 + self[$1].shape.elementCount
      })
  }

  package var layerCosts: [LayerCost] { nodes.compactMap { layerCost(of: $0) } }
}

extension Collection<LayerCost> {
  /// The costs of all of them together.
  package func total(name: String) -> LayerCost {
    LayerCost(
      name: name,
      multiplyAccumulateCount: reduce(0) { $0 + $1.multiplyAccumulateCount },
      weightElementCount: reduce(0) { $0 + $1.weightElementCount },
      activationElementCount: reduce(0) { $0 + $1.activationElementCount })
  }

  /// The time of all of them, one after the other, in multiply-accumulates.
  package func roofline(ridgePoint: Double, elementByteCount: Int) -> Double {
    reduce(0) {
      $0 + $1.roofline(ridgePoint: ridgePoint, elementByteCount: elementByteCount)
    }
  }
}
