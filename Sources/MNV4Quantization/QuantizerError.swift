/// Why a layer cannot be quantized.
package enum QuantizerError: Error, Hashable, CustomStringConvertible {
  /// A weight is infinite or NaN.
  case nonFiniteWeight(index: Int)
  /// A bias is infinite or NaN.
  case nonFiniteBias(output: Int)
  /// A bias is no int32 on the grid of the accumulator.
  case biasOverflow(output: Int, bias: Float, scale: Double)
  /// So many products may be added that an int32 cannot hold every sum.
  case accumulatorOverflow(products: Int)

  package var description: String {
    switch self {
    case .nonFiniteWeight(let index): "weight \(index) is not finite"
    case .nonFiniteBias(let output): "the bias of output \(output) is not finite"
    case .biasOverflow(let output, let bias, let scale):
      "the bias \(bias) of output \(output) is no 32-bit integer in steps of \(scale)"
    case .accumulatorOverflow(let products):
      "a sum of \(products) products of 8-bit integers may exceed 32 bits"
    }
  }
}
