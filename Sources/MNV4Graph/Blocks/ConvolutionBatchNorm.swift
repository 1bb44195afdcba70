extension GraphBuilder {
  /// Convolution, batch normalization, activation.
  package mutating func convolutionBatchNorm(
    _ input: ValueID, _ layer: ConvolutionLayer, normPrefix: String, activation: Activation
  ) throws(BuildError) -> ValueID {
    let convolved = try convolution(input, layer)
    let normalized = try batchNormalization(convolved, prefix: normPrefix)
    guard activation != .identity else { return normalized }
    return try append("\(layer.name).act", .activation(activation), [normalized])
  }
}
