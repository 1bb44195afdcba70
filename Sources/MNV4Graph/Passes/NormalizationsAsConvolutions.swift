package import MNV4Core

extension Graph {
  /// Replaces each batch normalization and channel scale of an image that no layer took up by a
  /// depthwise 1×1 convolution, which integers can compute: `w = s / √(v + ε)`, `b = t − m · w`.
  package func replacingNormalizations() throws(AllocationError) -> Graph {
    var result = self
    var names = Set(constants.map(\.name))
    for (index, node) in nodes.enumerated() {
      guard self[node.output].shape.rank == 4 else { continue }
      let factors: [Float]
      let terms: [Float]?
      switch node.operation {
      case .batchNormalization(let normalization):
        let (scale, shift) = (self[normalization.scale].floats, self[normalization.shift].floats)
        let mean = self[normalization.mean].floats
        let wide = zip(scale, self[normalization.variance].floats).map {
          Double($0) / (Double($1) + Double(normalization.epsilon)).squareRoot()
        }
        factors = wide.map { Float($0) }
        terms = wide.indices.map { Float(Double(shift[$0]) - Double(mean[$0]) * wide[$0]) }
      case .channelScale(let scaling):
        factors = self[scaling.scale].floats
        terms = nil
      case .convolution, .fullyConnected, .activation, .add, .multiply, .globalAveragePool,
        .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
        .resizeBilinear, .quantize, .dequantize:
        continue
      }
      let channelCount = factors.count
      guard channelCount > 1 else { continue }
      let weights = try result.addConstant(
        "\(node.name).weight", factors, [channelCount, 1, 1, 1], &names)
      let bias =
        try terms.map { terms throws(AllocationError) in
          try result.addConstant("\(node.name).bias", terms, [channelCount], &names)
        }
      result.nodes[index].operation = .convolution(
        Convolution(weights: weights, bias: bias, kernel: .one, groups: channelCount))
    }
    return result.compacted()
  }

  /// Adds a float32 constant whose name no other has.
  private mutating func addConstant(
    _ name: String, _ elements: [Float], _ dimensions: [Int], _ names: inout Set<String>
  ) throws(AllocationError) -> ConstantID {
    var unique = name
    while !names.insert(unique).inserted { unique += "'" }
    guard let shape = try? Shape(dimensions) else { preconditionFailure("a channel count") }
    constants.append(try Constant(name: unique, shape: shape, copying: elements))
    return ConstantID(constants.count - 1)
  }
}
