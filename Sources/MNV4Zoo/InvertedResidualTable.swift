import MNV4Core
import MNV4Graph

/// The layers of a network made of inverted residuals, from the picture to the classes, with the
/// keys that timm gives all of them: `conv_stem`, `bn1`, `blocks.STAGE.BLOCK`, `conv_head`, `bn2`,
/// `classifier`.
struct InvertedResidualTable: Sendable {
  enum Block: Sendable {
    case inverted(InvertedResidual)
    /// A 1×1 convolution, batch normalization, activation.
    case pointwise(outputs: Int, activation: Activation)
  }

  enum Head: Sendable {
    /// Global average pool alone.
    case pool
    /// 1×1 convolution, batch normalization, activation, then the pool.
    case convolutionThenPool(outputs: Int, activation: Activation)
    /// The pool, then a 1×1 convolution with bias and an activation.
    case poolThenConvolution(outputs: Int, activation: Activation)
  }

  var stemOutputs: Int
  var stemActivation: Activation
  var stages: [[Block]]
  var head: Head

  /// Appends the whole network; the result is the logits `[1, classes]`.
  func append(
    to builder: inout GraphBuilder, _ parameters: Architecture.Parameters
  ) throws(BuildError) -> ValueID {
    let side = parameters.inputSize ?? 224
    var value = try builder.input(height: side, width: side)
    value = try builder.convolutionBatchNorm(
      value,
      ConvolutionLayer("conv_stem", outputs: stemOutputs, kernel: 3, stride: 2),
      normPrefix: "bn1", activation: stemActivation)
    for (stageIndex, stage) in stages.enumerated() {
      for (blockIndex, block) in stage.enumerated() {
        value = try append(block, to: value, "blocks.\(stageIndex).\(blockIndex)", &builder)
      }
    }
    return try builder.fullyConnected(
      try builder.flatten(try append(head, to: value, &builder)),
      prefix: "classifier", outputs: parameters.classCount)
  }

  private func append(
    _ block: Block, to value: ValueID, _ prefix: String, _ builder: inout GraphBuilder
  ) throws(BuildError) -> ValueID {
    switch block {
    case .inverted(let block): try builder.invertedResidual(value, block, prefix: prefix)
    case .pointwise(let outputs, let activation):
      try builder.convolutionBatchNorm(
        value, ConvolutionLayer("\(prefix).conv", outputs: outputs),
        normPrefix: "\(prefix).bn1", activation: activation)
    }
  }

  private func append(
    _ head: Head, to value: ValueID, _ builder: inout GraphBuilder
  ) throws(BuildError) -> ValueID {
    switch head {
    case .pool: return try builder.append("global_pool", .globalAveragePool, [value])
    case .convolutionThenPool(let outputs, let activation):
      let widened = try builder.convolutionBatchNorm(
        value, ConvolutionLayer("conv_head", outputs: outputs), normPrefix: "bn2",
        activation: activation)
      return try builder.append("global_pool", .globalAveragePool, [widened])
    case .poolThenConvolution(let outputs, let activation):
      let pooled = try builder.append("global_pool", .globalAveragePool, [value])
      return try builder.convolutionBias(
        pooled, "conv_head", outputs: outputs, activation: activation)
    }
  }
}

extension Architecture {
  /// A network of inverted residuals for pictures of 224 × 224.
  init(
    name: String, source: String, preprocessing: ImagePreprocessing?,
    batchNormEpsilon: Float = 1e-5, table: InvertedResidualTable
  ) {
    self.init(
      name: name, source: source, defaultInputSize: 224, preprocessing: preprocessing,
      classifierKey: "classifier.weight", batchNormEpsilon: batchNormEpsilon
    ) { (builder, parameters) throws(BuildError) in
      try table.append(to: &builder, parameters)
    }
  }
}

extension ImagePreprocessing {
  /// The mean and deviation of ImageNet's pictures, resized so that the crop keeps 87.5 %.
  static func imageNet(_ interpolation: Interpolation) -> ImagePreprocessing? {
    try? ImagePreprocessing(
      interpolation: interpolation, cropFraction: 0.875, mean: [0.485, 0.456, 0.406],
      standardDeviation: [0.229, 0.224, 0.225])
  }
}
