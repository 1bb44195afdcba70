import MNV4Core
import MNV4Graph

extension Architecture {
  /// MobileNeXt (Zhou et al., 2020, arXiv 2007.02269), layers and keys as in the authors' code.
  static let mobileNeXt: [Architecture] = [
    mobileNeXt("mobilenext_035", MobileNeXt(width: 0.35)),
    mobileNeXt("mobilenext_050", MobileNeXt(width: 0.5)),
    mobileNeXt("mobilenext_050_id050", MobileNeXt(width: 0.5, identityDivisor: 2)),
    mobileNeXt("mobilenext_050_id033", MobileNeXt(width: 0.5, identityDivisor: 3)),
    mobileNeXt("mobilenext_050_id017", MobileNeXt(width: 0.5, identityDivisor: 6)),
    mobileNeXt("mobilenext_075", MobileNeXt(width: 0.75)),
    mobileNeXt("mobilenext_100", MobileNeXt()),
    mobileNeXt("mobilenext_140", MobileNeXt(width: 1.4)),
    mobileNeXt("mobilenext_100_id050", MobileNeXt(identityDivisor: 2)),
    mobileNeXt("mobilenext_100_id033", MobileNeXt(identityDivisor: 3)),
    mobileNeXt("mobilenext_100_id017", MobileNeXt(identityDivisor: 6)),
    mobileNeXt("mobilenext_100_dwbottleneck", MobileNeXt(form: .depthwiseInBottleneck)),
    mobileNeXt("mobilenext_100_bottleneckshortcut", MobileNeXt(form: .bottleneckShortcut)),
    mobileNeXt("mobilenext_100_relu6end", MobileNeXt(form: .activatedEnd)),
    mobileNeXtSE("mobilenext_100_se", MobileNeXtSE()),
    mobileNeXtSE("mobilenext_110_se", MobileNeXtSE(depth: 1.1, pointwiseGroups: 2)),
  ]

  private static func mobileNeXt(_ name: String, _ network: MobileNeXt) -> Architecture {
    Architecture(
      name: name, source: "MobileNeXt, arXiv 2007.02269; the authors' code",
      defaultInputSize: 224, preprocessing: .imageNet(.bicubic),
      classifierKey: "classifier.1.weight"
    ) { (builder, parameters) throws(BuildError) in
      try network.append(to: &builder, parameters)
    }
  }

  private static func mobileNeXtSE(_ name: String, _ network: MobileNeXtSE) -> Architecture {
    Architecture(
      name: name, source: "MobileNeXt†, arXiv 2007.02269; the authors' code",
      defaultInputSize: 224, preprocessing: .imageNet(.bicubic), classifierKey: "_fc.weight",
      paddingRule: .same, batchNormEpsilon: 1e-3
    ) { (builder, parameters) throws(BuildError) in
      try network.append(to: &builder, parameters)
    }
  }
}

/// A row of the paper's Table 2: blocks of one width.
private struct Stage {
  /// How many times fewer channels a bottleneck has than its block's input.
  let reduction: Int
  let outputs: Int
  let count: Int
  /// The first block's.
  let stride: Int
  /// Filter size of the depthwise convolutions.
  let kernel: Int

  init(_ reduction: Int, _ outputs: Int, count: Int, stride: Int, kernel: Int = 3) {
    self.reduction = reduction
    self.outputs = outputs
    self.count = count
    self.stride = stride
    self.kernel = kernel
  }
}

/// Table 2 of the paper by the rules of the authors' code.
private struct MobileNeXt {
  var width = 1.0
  /// Of the channels, this part gets the identity.
  var identityDivisor = 1
  var form = Sandglass.Form.standard

  static let stages = [
    Stage(2, 96, count: 1, stride: 2), Stage(6, 144, count: 1, stride: 1),
    Stage(6, 192, count: 3, stride: 2), Stage(6, 288, count: 3, stride: 2),
    Stage(6, 384, count: 4, stride: 1), Stage(6, 576, count: 4, stride: 2),
    Stage(6, 960, count: 3, stride: 1), Stage(6, 1280, count: 1, stride: 1),
  ]

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer(
        "features.0.0", outputs: roundedChannels(32 * width), kernel: 3, stride: 2),
      normPrefix: "features.0.1", activation: .relu6)
    var number = 1
    var bottleneck: ValueID?
    for (stageIndex, stage) in Self.stages.enumerated() {
      for index in 0..<stage.count {
        let isLast = stageIndex == Self.stages.count - 1
        let block = block(
          stage, index, inputs: builder.shape(of: value).last,
          outputs: roundedChannels(Double(stage.outputs) * (isLast ? max(width, 1) : width)))
        value = try builder.sandglass(
          value, block, prefix: "features.\(number)", list: "conv", bottleneck: &bottleneck)
        number += 1
      }
    }
    value = try builder.append("global_pool", .globalAveragePool, [value])
    value = try builder.flatten(value)
    return try builder.fullyConnected(
      value, prefix: "classifier.1", outputs: parameters.classCount)
  }

  private func block(_ stage: Stage, _ index: Int, inputs: Int, outputs: Int) -> Sandglass {
    let stride = index == 0 ? stage.stride : 1
    var hidden = inputs / stage.reduction
    if Double(hidden) < Double(outputs) / 6 {
      hidden = roundedChannels((Double(outputs) / 6).rounded(.up), divisor: 16)
    }
    // A stage of one block at stride 1 keeps its depthwise convolutions and has no identity.
    let isSingle = stage.count == 1 && stage.stride == 1
    let depthwise: Sandglass.Depthwise =
      if stage.reduction == 2 || isSingle || inputs == outputs {
        .both
      } else if stride == 2 {
        .second
      } else {
        .neither
      }
    let hasIdentity = stage.reduction != 2 && !isSingle && inputs == outputs
    var block = Sandglass(
      hidden: hidden, outputs: outputs, stride: stride, depthwise: depthwise,
      identityChannelCount: hasIdentity ? inputs / identityDivisor : 0)
    block.form = form
    return block
  }
}

/// The dagger variants of the paper's Table 6: EfficientNet's filter sizes, SiLU and
/// squeeze-and-excite in sandglass blocks.
private struct MobileNeXtSE {
  /// Scales the number of blocks of each stage.
  var depth = 1.0
  /// Of the 1×1 convolutions of blocks with two depthwise ones.
  var pointwiseGroups = 1

  static let stages = [
    Stage(2, 96, count: 1, stride: 1), Stage(6, 144, count: 1, stride: 2),
    Stage(6, 192, count: 3, stride: 2, kernel: 5), Stage(6, 288, count: 3, stride: 2),
    Stage(6, 384, count: 4, stride: 1, kernel: 5), Stage(6, 576, count: 4, stride: 2, kernel: 5),
    Stage(6, 960, count: 3, stride: 1), Stage(6, 1280, count: 1, stride: 1),
  ]

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer("_conv_stem", outputs: 32, kernel: 3, stride: 2),
      normPrefix: "_bn0", activation: .silu)
    var number = 0
    var bottleneck: ValueID?
    for stage in Self.stages {
      for index in 0..<Int((Double(stage.count) * depth).rounded(.up)) {
        let block = block(stage, index, inputs: builder.shape(of: value).last)
        value = try builder.sandglass(
          value, block, prefix: "_blocks.\(number)", list: "features", bottleneck: &bottleneck)
        number += 1
      }
    }
    // The authors' code has a normalization here that it never applies.
    for name in ["weight", "bias", "running_mean", "running_var"] {
      builder.acknowledge("_bn1.\(name)", shape: [builder.shape(of: value).last])
    }
    value = try builder.append("global_pool", .globalAveragePool, [value])
    value = try builder.flatten(value)
    return try builder.fullyConnected(value, prefix: "_fc", outputs: parameters.classCount)
  }

  private func block(_ stage: Stage, _ index: Int, inputs: Int) -> Sandglass {
    let stride = index == 0 ? stage.stride : 1
    let depthwise: Sandglass.Depthwise =
      if stage.reduction == 2 || inputs == stage.outputs {
        .both
      } else if stride == 2 {
        .second
      } else {
        .neither
      }
    let hasIdentity = stage.reduction != 2 && inputs == stage.outputs
    var block = Sandglass(
      hidden: roundedChannels(Double(inputs / stage.reduction), divisor: 2),
      outputs: stage.outputs, kernel: stage.kernel, stride: stride, depthwise: depthwise,
      identityChannelCount: hasIdentity ? inputs : 0, activation: .silu)
    block.pointwiseGroups = depthwise == .both ? pointwiseGroups : 1
    block.squeezeExcite = SqueezeExcite(
      squeezed: stage.outputs / stage.reduction / 4, innerActivation: .silu,
      reduceName: "_se_reduce", expandName: "_se_expand")
    return block
  }
}
