import MNV4Core

/// The sandglass block of MobileNeXt (Zhou et al., 2020, arXiv 2007.02269): depthwise convolutions
/// and the identity on the many channels, a linear bottleneck of two 1×1 convolutions between them.
///
/// Batch normalization after each convolution. Activated are the first depthwise convolution and the
/// expansion; the reduction and the second depthwise one are linear.
package struct Sandglass: Hashable, Sendable {
  /// Which of the two depthwise convolutions there are.
  package enum Depthwise: Hashable, Sendable {
    case both
    case second
    case neither
  }

  /// The block itself, or one of the paper's ablations.
  package enum Form: Hashable, Sendable {
    case standard
    /// The depthwise convolutions stand between the 1×1 ones, on the bottleneck's channels, as in the
    /// classic residual bottleneck: all are activated, the expansion is linear. A block without
    /// depthwise convolutions is the standard one.
    case depthwiseInBottleneck
    /// What is added is the bottleneck of the block before to the block's own, after the reduction,
    /// where their shapes agree, in place of the identity.
    case bottleneckShortcut
    /// The second depthwise convolution is activated too.
    case activatedEnd
  }

  package var hiddenChannels: Int
  package var outputs: Int
  /// Filter size of the depthwise convolutions.
  package var kernel: Int
  /// The second depthwise convolution's.
  package var stride: Int
  package var depthwise: Depthwise
  /// Of both 1×1 convolutions.
  package var pointwiseGroups: Int
  /// How many of the first channels get the input added; 0 for none.
  package var identityChannelCount: Int
  package var activation: Activation
  /// On the outputs, before the identity.
  package var squeezeExcite: SqueezeExcite?
  package var form: Form

  package init(
    hidden: Int, outputs: Int, kernel: Int = 3, stride: Int = 1, depthwise: Depthwise,
    identityChannelCount: Int = 0, activation: Activation = .relu6
  ) {
    self.hiddenChannels = hidden
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.depthwise = depthwise
    self.pointwiseGroups = 1
    self.identityChannelCount = identityChannelCount
    self.activation = activation
    self.squeezeExcite = nil
    self.form = .standard
  }
}

extension Sandglass {
  /// One convolution with its normalization.
  fileprivate struct Layer {
    var outputs: Int
    var kernel = 1
    var stride = 1
    var groups = 1
    var activation = Activation.identity
    /// Whether it makes the bottleneck's channels.
    var isReduction = false
  }

  fileprivate func layers(inputs: Int) -> [Layer] {
    var reduction = Layer(outputs: hiddenChannels, groups: pointwiseGroups, isReduction: true)
    var expansion = Layer(outputs: outputs, groups: pointwiseGroups, activation: activation)
    func depthwiseLayer(_ channels: Int, stride: Int, _ activation: Activation) -> Layer {
      Layer(
        outputs: channels, kernel: kernel, stride: stride, groups: channels,
        activation: activation)
    }
    if form == .depthwiseInBottleneck && depthwise != .neither {
      reduction.activation = activation
      expansion.activation = .identity
      let first = depthwiseLayer(hiddenChannels, stride: 1, activation)
      let second = depthwiseLayer(hiddenChannels, stride: stride, activation)
      return [reduction] + (depthwise == .both ? [first] : []) + [second, expansion]
    }
    let first = depthwiseLayer(inputs, stride: 1, activation)
    let second = depthwiseLayer(
      outputs, stride: stride, form == .activatedEnd ? activation : .identity)
    switch depthwise {
    case .both: return [first, reduction, expansion, second]
    case .second: return [reduction, expansion, second]
    case .neither: return [reduction, expansion]
    }
  }
}

extension GraphBuilder {
  /// Appends the block with the key names of the authors' code: `prefix.list` numbers convolutions,
  /// normalizations and activations in one sequence; the squeeze-and-excite is below `prefix`.
  ///
  /// - Parameter bottleneck: the reduced tensor of the block before; on return, this block's.
  package mutating func sandglass(
    _ input: ValueID, _ block: Sandglass, prefix: String, list: String,
    bottleneck: inout ValueID?
  ) throws(BuildError) -> ValueID {
    var value = input
    var position = 0
    for layer in block.layers(inputs: shape(of: input).last) {
      let name = "\(prefix).\(list).\(position)"
      value = try convolutionBatchNorm(
        value,
        ConvolutionLayer(
          name, outputs: layer.outputs, kernel: layer.kernel, stride: layer.stride,
          groups: layer.groups),
        normPrefix: "\(prefix).\(list).\(position + 1)", activation: layer.activation)
      position += layer.activation == .identity ? 2 : 3
      if layer.isReduction {
        if block.form == .bottleneckShortcut && block.identityChannelCount > 0,
          let before = bottleneck, shape(of: before) == shape(of: value)
        {
          value = try append("\(prefix).add", .add(Add()), [value, before])
        }
        bottleneck = value
      }
    }
    if let squeezeExcite = block.squeezeExcite {
      value = try self.squeezeExcite(value, squeezeExcite, prefix: prefix)
    }
    guard block.identityChannelCount > 0, block.form != .bottleneckShortcut else { return value }
    let isWhole = block.identityChannelCount == block.outputs
    return try append(
      "\(prefix).add", .add(Add(channelCount: isWhole ? nil : block.identityChannelCount)),
      [value, input])
  }
}
