import MNV4Core

extension GraphBuilder {
  /// A ghost module (Han et al., 2020, arXiv 1911.11907, §3.1): half of the outputs by a 1×1
  /// convolution, the other half by a 3×3 depthwise convolution of that half, side by side. Both
  /// have batch normalization and `activation`.
  ///
  /// Keys are timm's: `prefix.primary_conv.0`, `prefix.cheap_operation.0`, normalizations at `.1`.
  package mutating func ghostModule(
    _ input: ValueID, outputs: Int, activation: Activation, prefix: String
  ) throws(BuildError) -> ValueID {
    let half = outputs / 2 + outputs % 2
    let primary = try convolutionBatchNorm(
      input, ConvolutionLayer("\(prefix).primary_conv.0", outputs: half),
      normPrefix: "\(prefix).primary_conv.1", activation: activation)
    var cheap = try convolutionBatchNorm(
      primary,
      ConvolutionLayer("\(prefix).cheap_operation.0", outputs: half, kernel: 3, groups: half),
      normPrefix: "\(prefix).cheap_operation.1", activation: activation)
    if outputs < 2 * half {
      cheap = try append(
        "\(prefix).slice", .slice(Slice(start: 0, count: outputs - half)), [cheap])
    }
    return try append("\(prefix).cat", .concatenation, [primary, cheap])
  }
}
