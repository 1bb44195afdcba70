import MNV4Core

/// The universal inverted bottleneck of MobileNetV4 (Qin et al., 2024, §3): an inverted bottleneck
/// with an optional depthwise convolution before the expansion and one before the projection.
package struct UniversalInvertedBottleneck: Hashable, Sendable {
  /// Filter size of the depthwise convolution before the expansion, linear.
  package var startKernel: Int?
  /// Filter size of the depthwise convolution between expansion and projection, activated.
  package var middleKernel: Int?
  package var stride: Int
  package var expandedChannels: Int
  package var outputs: Int
  /// Whether the projection is scaled a channel, by `layer_scale.gamma`.
  package var hasLayerScale: Bool

  package init(
    start: Int?, middle: Int?, stride: Int = 1, expanded: Int, outputs: Int,
    hasLayerScale: Bool = false
  ) {
    self.startKernel = start
    self.middleKernel = middle
    self.stride = stride
    self.expandedChannels = expanded
    self.outputs = outputs
    self.hasLayerScale = hasLayerScale
  }
}

extension GraphBuilder {
  /// Appends the block with timm's key names below `prefix`.
  ///
  /// The stride is the middle convolution's where there is one, else the start's. The input is
  /// added to the output where the stride is 1 and the channel counts agree.
  package mutating func universalInvertedBottleneck(
    _ input: ValueID, _ block: UniversalInvertedBottleneck, prefix: String, activation: Activation
  ) throws(BuildError) -> ValueID {
    let inputs = shape(of: input).last
    var value = input
    if let kernel = block.startKernel {
      let layer = ConvolutionLayer(
        "\(prefix).dw_start", key: "\(prefix).dw_start.conv.weight", outputs: inputs,
        kernel: kernel, stride: block.middleKernel == nil ? block.stride : 1, groups: inputs)
      value = try convolutionBatchNorm(
        value, layer, normPrefix: "\(prefix).dw_start.bn", activation: .identity)
    }
    value = try convolutionBatchNorm(
      value,
      ConvolutionLayer(
        "\(prefix).pw_exp", key: "\(prefix).pw_exp.conv.weight", outputs: block.expandedChannels),
      normPrefix: "\(prefix).pw_exp.bn", activation: activation)
    if let kernel = block.middleKernel {
      let layer = ConvolutionLayer(
        "\(prefix).dw_mid", key: "\(prefix).dw_mid.conv.weight", outputs: block.expandedChannels,
        kernel: kernel, stride: block.stride, groups: block.expandedChannels)
      value = try convolutionBatchNorm(
        value, layer, normPrefix: "\(prefix).dw_mid.bn", activation: activation)
    }
    value = try convolutionBatchNorm(
      value,
      ConvolutionLayer(
        "\(prefix).pw_proj", key: "\(prefix).pw_proj.conv.weight", outputs: block.outputs),
      normPrefix: "\(prefix).pw_proj.bn", activation: .identity)
    if block.hasLayerScale {
      value = try layerScale(value, prefix: "\(prefix).layer_scale")
    }
    guard block.stride == 1, inputs == block.outputs else { return value }
    return try append("\(prefix).add", .add(Add()), [value, input])
  }
}
