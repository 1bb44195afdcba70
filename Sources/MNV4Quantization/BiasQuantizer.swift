import MNV4Graph

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

  /// Biases without what a ReLU or ReLU6 makes indistinguishable: one so far below zero that no input
  /// brings the sum up to it, or so far above 6 that none brings it down. Their true numbers, which
  /// dead channels have, would need steps too coarse for the channels beside them.
  ///
  /// - Parameter largestInput: the largest magnitude of an input.
  static func withinReach(
    _ biases: [Float], weights: [Float], layout: WeightLayout, largestInput: Double,
    activation: Activation
  ) -> [Float] {
    guard let bounds = activation.clampBounds, bounds.lowerBound == 0 else { return biases }
    return biases.enumerated().map { output, bias in
      let sum = weights[layout.row(output)].reduce(0.0) { $0 + Double($1.magnitude) }
      // Twice, as rounded weights reach farther.
      let reach = min(2 * sum * largestInput, Double(Float.greatestFiniteMagnitude))
      // A bias that is no number stays, to be refused.
      if bias < Float(-reach), bias.isFinite { return Float(-reach) }
      let highest = Double(bounds.upperBound) + reach
      return Double(bias) > highest && bias.isFinite ? Float(highest) : bias
    }
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
