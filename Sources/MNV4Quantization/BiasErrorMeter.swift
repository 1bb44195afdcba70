package import MNV4Graph

/// Measures what quantization does to the sums of a layer where that reaches its output, and so what
/// to add to its biases.
///
/// Where the activation is flat, as a ReLU below zero, an error of the sum changes nothing, and does
/// not count; a plain mean would let it move the sums that do matter.
package struct BiasErrorMeter: Sendable {
  package let outputCount: Int
  private let sensitiveRange: ClosedRange<Float>
  private var sums: [Double]
  private var counts: [Int]

  /// For a layer with that many outputs and that activation after it, fused or apart.
  package init(outputCount: Int, activation: Activation) {
    precondition(outputCount > 0)
    self.outputCount = outputCount
    sensitiveRange = activation.sensitiveRange
    sums = [Double](repeating: 0, count: outputCount)
    counts = [Int](repeating: 0, count: outputCount)
  }

  /// Adds sums `[…, outputs]`, bias included, before the activation, of the same pictures.
  ///
  /// - Parameters:
  ///   - expected: of the float network.
  ///   - found: of the quantized network up to this layer, as real numbers.
  package mutating func record(
    expected: UnsafeBufferPointer<Float>, found: UnsafeBufferPointer<Float>
  ) {
    precondition(expected.count == found.count && expected.count.isMultiple(of: outputCount))
    for row in stride(from: 0, to: expected.count, by: outputCount) {
      for output in 0..<outputCount {
        let (wanted, difference) = (
          expected[row + output], expected[row + output] - found[row + output]
        )
        guard sensitiveRange.contains(wanted), difference.isFinite else { continue }
        sums[output] += Double(difference)
        counts[output] += 1
      }
    }
  }

  /// What to add to each bias: the mean difference where it matters, 0 where it never did.
  package var corrections: [Double] {
    zip(sums, counts).map { $1 == 0 ? 0 : $0 / Double($1) }
  }
}

extension Activation {
  /// Where the slope is not zero, ends included.
  fileprivate var sensitiveRange: ClosedRange<Float> {
    switch self {
    case .identity, .sigmoid, .silu, .gelu: -Float.infinity...Float.infinity
    case .relu: Float.leastNonzeroMagnitude...Float.infinity
    case .relu6: Float.leastNonzeroMagnitude...Float(6).nextDown
    case .hardSwish: Float(-3).nextUp...Float.infinity
    case .hardSigmoid: Float(-3).nextUp...Float(3).nextDown
    }
  }
}
