import MNV4Core

/// The inverted residual of MobileNetV2 (Sandler et al., 2018, arXiv 1801.04381), and the depthwise
/// separable block that it becomes without an expansion.
///
/// 1×1 expansion (activated), depthwise (activated), squeeze-and-excite where there is one, 1×1
/// projection (linear unless said otherwise); batch normalization after each convolution.
package struct InvertedResidual: Hashable, Sendable {
  package var kernel: Int
  package var stride: Int
  /// Channels of the depthwise convolution; nil for a block without an expansion, which has as many
  /// as its input.
  package var expandedChannels: Int?
  package var outputs: Int
  package var activation: Activation
  /// Applied to the projection.
  package var projectionActivation: Activation
  package var squeezeExcite: SqueezeExcite?
  /// Whether the input is added where the stride is 1 and the channel counts agree.
  package var allowsResidual: Bool
  /// Whether one more depthwise convolution, 3×3, of stride 1, normalized and not activated, stands
  /// before the block's own (MobileNeXt, Zhou et al., 2020, arXiv 2007.02269, Table 5).
  package var hasExtraDepthwise: Bool

  package init(
    kernel: Int, stride: Int = 1, expanded: Int?, outputs: Int, activation: Activation,
    projectionActivation: Activation = .identity, squeezeExcite: SqueezeExcite? = nil,
    allowsResidual: Bool = true, hasExtraDepthwise: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride
    self.expandedChannels = expanded
    self.outputs = outputs
    self.activation = activation
    self.projectionActivation = projectionActivation
    self.squeezeExcite = squeezeExcite
    self.allowsResidual = allowsResidual
    self.hasExtraDepthwise = hasExtraDepthwise
  }
}

extension GraphBuilder {
  /// Appends the block with timm's key names below `prefix`: convolutions `conv_pw`, `conv_dw`,
  /// `conv_pwl` with `bn1` to `bn3`, or `conv_dw`, `conv_pw` with `bn1` and `bn2` where nothing is
  /// expanded; `se` for the squeeze-and-excite; `conv_dw_start` and `bn_start`, in timm's manner, for
  /// the extra depthwise convolution.
  package mutating func invertedResidual(
    _ input: ValueID, _ block: InvertedResidual, prefix: String
  ) throws(BuildError) -> ValueID {
    let inputs = shape(of: input).last
    var value = input
    var normCount = 0
    func nextNorm() -> String {
      normCount += 1
      return "\(prefix).bn\(normCount)"
    }
    if let expanded = block.expandedChannels {
      value = try convolutionBatchNorm(
        value, ConvolutionLayer("\(prefix).conv_pw", outputs: expanded),
        normPrefix: nextNorm(), activation: block.activation)
    }
    let channels = shape(of: value).last
    if block.hasExtraDepthwise {
      value = try convolutionBatchNorm(
        value,
        ConvolutionLayer(
          "\(prefix).conv_dw_start", outputs: channels, kernel: 3, groups: channels),
        normPrefix: "\(prefix).bn_start", activation: .identity)
    }
    value = try convolutionBatchNorm(
      value,
      ConvolutionLayer(
        "\(prefix).conv_dw", outputs: channels, kernel: block.kernel, stride: block.stride,
        groups: channels),
      normPrefix: nextNorm(), activation: block.activation)
    if let squeezeExcite = block.squeezeExcite {
      value = try self.squeezeExcite(value, squeezeExcite, prefix: "\(prefix).se")
    }
    let projection = block.expandedChannels == nil ? "conv_pw" : "conv_pwl"
    value = try convolutionBatchNorm(
      value, ConvolutionLayer("\(prefix).\(projection)", outputs: block.outputs),
      normPrefix: nextNorm(), activation: block.projectionActivation)
    guard block.allowsResidual, block.stride == 1, inputs == block.outputs else { return value }
    return try append("\(prefix).add", .add(Add()), [value, input])
  }
}
