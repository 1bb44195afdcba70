import MNV4Core

/// Mobile multi-query attention (Qin et al., 2024, §4): every pixel asks with `headCount` queries,
/// all of which look at one set of keys and values.
package struct MobileMQA: Hashable, Sendable {
  package var headCount: Int
  /// Channels of a query, of a key and of a value.
  package var headChannels: Int
  /// Keys and values are taken from a map this many times smaller.
  package var keyStride: Int

  package init(heads: Int, headChannels: Int, keyStride: Int = 1) {
    self.headCount = heads
    self.headChannels = headChannels
    self.keyStride = keyStride
  }
}

extension GraphBuilder {
  /// Appends the block with timm's key names below `prefix`: `[1, H, W, C]` → the same shape.
  ///
  /// The input is normalized; queries `[1, H, W, h · d]`, keys and values `[1, H', W', d]` are
  /// pointwise convolutions of it, after a depthwise 3×3 one with normalization where the keys'
  /// stride is not 1. A pixel's queries stand side by side, so the heads are rows of one matrix
  /// `[1, H · W · h, d]`: scores are its product with the transposed keys, and no tensor is ever
  /// transposed. Softmax, product with the values, a pointwise convolution, layer scale, and the
  /// input is added. No activation.
  package mutating func mobileMQA(
    _ input: ValueID, _ block: MobileMQA, prefix: String
  ) throws(BuildError) -> ValueID {
    let shape = shape(of: input)
    let (channels, depth) = (shape.last, block.headChannels)
    let queryCount = shape[1] * shape[2] * block.headCount
    let normalized = try batchNormalization(input, prefix: "\(prefix).norm")

    var queries = try convolution(
      normalized,
      ConvolutionLayer("\(prefix).attn.query.proj", outputs: block.headCount * depth))
    let imageShape = self.shape(of: queries).dimensions
    queries = try reshape(queries, to: [1, queryCount, depth], "\(prefix).attn.query.rows")
    let keys = try keysOrValues(normalized, block, "\(prefix).attn.key")
    let values = try keysOrValues(normalized, block, "\(prefix).attn.value")

    let scale = 1 / Float(depth).squareRoot()
    var value = try append(
      "\(prefix).attn.scores",
      .matrixProduct(MatrixProduct(transposesRight: true, scale: scale)), [queries, keys])
    value = try append("\(prefix).attn.weights", .softmax, [value])
    value = try append("\(prefix).attn.mix", .matrixProduct(MatrixProduct()), [value, values])
    value = try reshape(value, to: imageShape, "\(prefix).attn.heads")
    value = try convolution(
      value, ConvolutionLayer("\(prefix).attn.output.proj", outputs: channels))
    value = try layerScale(value, prefix: "\(prefix).layer_scale")
    return try append("\(prefix).add", .add(Add()), [value, input])
  }

  /// `[1, H' · W', d]`.
  private mutating func keysOrValues(
    _ input: ValueID, _ block: MobileMQA, _ prefix: String
  ) throws(BuildError) -> ValueID {
    var value = input
    let channels = shape(of: input).last
    if block.keyStride != 1 {
      value = try convolutionBatchNorm(
        value,
        ConvolutionLayer(
          "\(prefix).down_conv", outputs: channels, kernel: 3, stride: block.keyStride,
          groups: channels),
        normPrefix: "\(prefix).norm", activation: .identity)
    }
    value = try convolution(
      value, ConvolutionLayer("\(prefix).proj", outputs: block.headChannels))
    let shape = shape(of: value)
    return try reshape(
      value, to: [1, shape[1] * shape[2], block.headChannels], "\(prefix).rows")
  }
}
