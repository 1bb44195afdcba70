/// Weights of a convolution or fully connected layer as integers, and the bias that goes with them.
struct QuantizedLayer: Sendable {
  /// `[outputs, …]`, −127 to 127, laid out like the float weights.
  var weights: [Int8]
  /// One an output, or one for all.
  var scales: [Float]
  /// One an output, in real numbers; empty where the layer has none.
  var bias: [Float]

  func scale(ofOutput index: Int) -> Float { scales[scales.count == 1 ? 0 : index] }
}
