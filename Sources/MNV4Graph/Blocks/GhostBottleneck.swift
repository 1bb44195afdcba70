import MNV4Core

/// The bottleneck of GhostNet (Han et al., 2020, arXiv 1911.11907, §3.2).
///
/// Ghost module (ReLU), a linear depthwise convolution where the stride is 2, squeeze-and-excite
/// where there is one, linear ghost module, plus the input; the input passes a depthwise and a 1×1
/// convolution, both linear, where stride or channel count keep it from fitting.
package struct GhostBottleneck: Hashable, Sendable {
  /// Of the depthwise convolutions outside the ghost modules.
  package var kernel: Int
  package var stride: Int
  package var expandedChannels: Int
  package var outputs: Int
  package var squeezeExcite: SqueezeExcite?

  package init(
    kernel: Int, stride: Int = 1, expanded: Int, outputs: Int, squeezeExcite: SqueezeExcite? = nil
  ) {
    self.kernel = kernel
    self.stride = stride
    self.expandedChannels = expanded
    self.outputs = outputs
    self.squeezeExcite = squeezeExcite
  }
}

extension GraphBuilder {
  /// Appends the block with timm's key names below `prefix`: `ghost1`, `conv_dw`, `bn_dw`, `se`,
  /// `ghost2`, `shortcut.0` to `shortcut.3`.
  package mutating func ghostBottleneck(
    _ input: ValueID, _ block: GhostBottleneck, prefix: String
  ) throws(BuildError) -> ValueID {
    var value = try ghostModule(
      input, outputs: block.expandedChannels, activation: .relu, prefix: "\(prefix).ghost1")
    if block.stride > 1 {
      value = try depthwise(
        value, "\(prefix).conv_dw", normPrefix: "\(prefix).bn_dw", block)
    }
    if let squeezeExcite = block.squeezeExcite {
      value = try self.squeezeExcite(value, squeezeExcite, prefix: "\(prefix).se")
    }
    value = try ghostModule(
      value, outputs: block.outputs, activation: .identity, prefix: "\(prefix).ghost2")
    var shortcut = input
    if block.stride > 1 || shape(of: input).last != block.outputs {
      shortcut = try depthwise(
        shortcut, "\(prefix).shortcut.0", normPrefix: "\(prefix).shortcut.1", block)
      shortcut = try convolutionBatchNorm(
        shortcut, ConvolutionLayer("\(prefix).shortcut.2", outputs: block.outputs),
        normPrefix: "\(prefix).shortcut.3", activation: .identity)
    }
    return try append("\(prefix).add", .add(Add()), [value, shortcut])
  }

  /// A linear depthwise convolution with the block's kernel and stride.
  private mutating func depthwise(
    _ input: ValueID, _ name: String, normPrefix: String, _ block: GhostBottleneck
  ) throws(BuildError) -> ValueID {
    let channels = shape(of: input).last
    return try convolutionBatchNorm(
      input,
      ConvolutionLayer(
        name, outputs: channels, kernel: block.kernel, stride: block.stride, groups: channels),
      normPrefix: normPrefix, activation: .identity)
  }
}
