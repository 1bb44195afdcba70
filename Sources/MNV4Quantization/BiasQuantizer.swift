/// Biases as int32 on the grid of the accumulator: steps of `input scale · weight scale`.
package enum BiasQuantizer {
  /// The most products an int32 surely holds the sum of: each at most 255 · 127.
  static let maximumProductCount = Int(Int32.max) / (255 * 127)

  /// Scales that weights need so that no bias takes more than half of what the products leave of an
  /// accumulator: `|bias| / (input scale · limit)`.
  package static func scaleFloors(
    biases: [Float], inputScale: Float, layout: WeightLayout
  ) throws(QuantizerError) -> [Float] {
    let limit = try self.limit(layout) / 2
    var floors: [Float] = []
    for (output, bias) in biases.enumerated() {
      guard bias.isFinite else { throw .nonFiniteBias(output: output) }
      let floor = abs(Double(bias)) / (Double(inputScale) * Double(limit))
      floors.append(Float(min(floor, Double(Float.greatestFiniteMagnitude))))
    }
    return floors
  }

  /// The nearest integers, ties to even.
  ///
  /// - Parameter biases: real numbers, one an output, corrections included.
  package static func quantize(
    _ biases: [Double], inputScale: Float, weights: QuantizedWeights
  ) throws(QuantizerError) -> [Int32] {
    precondition(biases.count == weights.layout.outputCount)
    let limit = try Double(self.limit(weights.layout))
    let scales = weights.outputScales
    var integers: [Int32] = []
    integers.reserveCapacity(biases.count)
    for (output, bias) in biases.enumerated() {
      guard bias.isFinite else { throw .nonFiniteBias(output: output) }
      let scale = Double(inputScale) * Double(scales[output])
      let steps = (bias / scale).rounded(.toNearestOrEven)
      guard abs(steps) <= limit else {
        throw .biasOverflow(output: output, bias: Float(bias), scale: scale)
      }
      integers.append(Int32(steps))
    }
    return integers
  }

  /// What an int32 leaves for a bias beside the largest sum of products.
  private static func limit(_ layout: WeightLayout) throws(QuantizerError) -> Int {
    guard layout.rowCount < maximumProductCount else {
      throw .accumulatorOverflow(products: layout.rowCount)
    }
    return Int(Int32.max) - layout.rowCount * 255 * 127
  }
}
