import MNV4Core

/// An inverted bottleneck whose expansion is a convolution of a window, so that it needs no depthwise
/// one (FusedIB of MobileNetV4, EdgeResidual in timm).
package struct FusedInvertedBottleneck: Hashable, Sendable {
  /// Filter size of the expansion.
  package var kernel: Int
  /// The expansion's.
  package var stride: Int
  package var expandedChannels: Int
  package var outputs: Int

  package init(kernel: Int, stride: Int, expanded: Int, outputs: Int) {
    self.kernel = kernel
    self.stride = stride
    self.expandedChannels = expanded
    self.outputs = outputs
  }
}

extension GraphBuilder {
  /// Appends the block with timm's key names below `prefix`: the expansion, activated, and the
  /// projection, linear.
  ///
  /// The input is added to the output where the stride is 1 and the channel counts agree.
  package mutating func fusedInvertedBottleneck(
    _ input: ValueID, _ block: FusedInvertedBottleneck, prefix: String, activation: Activation
  ) throws(BuildError) -> ValueID {
    var value = try convolutionBatchNorm(
      input,
      ConvolutionLayer(
        "\(prefix).conv_exp", outputs: block.expandedChannels, kernel: block.kernel,
        stride: block.stride),
      normPrefix: "\(prefix).bn1", activation: activation)
    value = try convolutionBatchNorm(
      value, ConvolutionLayer("\(prefix).conv_pwl", outputs: block.outputs),
      normPrefix: "\(prefix).bn2", activation: .identity)
    guard block.stride == 1, shape(of: input).last == block.outputs else { return value }
    return try append("\(prefix).add", .add(Add()), [value, input])
  }
}
