import MNV4Core

/// Squeeze and excitation (Hu et al., 2018, arXiv 1709.01507): each channel times a factor computed
/// from the means of all channels.
///
/// Global average pool, 1×1 convolution with bias, `innerActivation`, 1×1 convolution with bias,
/// `gate`, multiplication.
package struct SqueezeExcite: Hashable, Sendable {
  /// Channels between the two convolutions.
  package var squeezedChannels: Int
  package var innerActivation: Activation
  package var gate: Activation
  /// Names, below the block's prefix, of the first and second convolution.
  package var reduceName: String
  package var expandName: String

  /// timm's names unless others are given.
  package init(
    squeezed: Int, innerActivation: Activation = .relu, gate: Activation = .sigmoid,
    reduceName: String = "conv_reduce", expandName: String = "conv_expand"
  ) {
    self.squeezedChannels = squeezed
    self.innerActivation = innerActivation
    self.gate = gate
    self.reduceName = reduceName
    self.expandName = expandName
  }
}

extension GraphBuilder {
  /// Appends the block: `[1, H, W, C]` in and out.
  ///
  /// Weights are `prefix.reduceName.weight` `[squeezed, C, 1, 1]` and `prefix.expandName.weight`
  /// `[C, squeezed, 1, 1]`, biases `.bias` beside them.
  package mutating func squeezeExcite(
    _ input: ValueID, _ block: SqueezeExcite, prefix: String
  ) throws(BuildError) -> ValueID {
    let channels = shape(of: input).last
    var factors = try append("\(prefix).pool", .globalAveragePool, [input])
    factors = try convolutionBias(
      factors, "\(prefix).\(block.reduceName)", outputs: block.squeezedChannels,
      activation: block.innerActivation)
    factors = try convolutionBias(
      factors, "\(prefix).\(block.expandName)", outputs: channels, activation: block.gate)
    return try append("\(prefix).multiply", .multiply(Multiply()), [input, factors])
  }

  /// A 1×1 convolution with bias, then an activation.
  package mutating func convolutionBias(
    _ input: ValueID, _ name: String, outputs: Int, activation: Activation
  ) throws(BuildError) -> ValueID {
    let convolved = try convolution(
      input, ConvolutionLayer(name, biasKey: "\(name).bias", outputs: outputs))
    guard activation != .identity else { return convolved }
    return try append("\(name).act", .activation(activation), [convolved])
  }
}
