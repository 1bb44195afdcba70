import Testing

@testable import MNV4Quantization

@Suite struct SecondOrderRoundingTests {
  /// GPTQ as published: with `U` the upper Cholesky factor of the inverse, each weight in turn is
  /// rounded and its error over `U[j, j]` times `U[j, j…]` taken from the rest. For two weights, by
  /// hand: the rest moves by `−error · H⁻¹[0, 1] / H⁻¹[0, 0] = error · H[0, 1] / H[1, 1]`.
  @Test(arguments: [
    // The first weight's inputs vary more, so it is rounded first.
    ([Float(4), 1, 1, 1], [Float(10.4), 20.3], [Int8(10), 21]),
    ([4, -1, -1, 1], [10.4, 20.3], [10, 20]),
    ([1, 1, 1, 4], [10.4, 20.4], [11, 20]),
    ([4, 0, 0, 1], [10.4, 20.4], [10, 20]),
  ])
  func twoWeights(_ matrix: [Float], _ weights: [Float], _ expected: [Int8]) {
    let rounding = SecondOrderRounding(matrix: matrix[...], order: 2, damping: 0)
    var result = [Int8](repeating: 0, count: 2)
    rounding.round(weights[...], scales: [1], into: &result)
    #expect(result == expected)
  }

  /// Up to eight outputs at once come out as each by itself.
  @Test func outputsDoNotMix() {
    let order = 9
    let matrix = Self.matrix(order: order, sampleCount: 30)
    let rounding = SecondOrderRounding(matrix: matrix[...], order: order, damping: 0.01)
    let weights = normal(8 * order).map { $0 * 30 }
    let scales: [Float] = [1, 0.5, 2, 1, 3, 1, 0.7, 1.5]
    var together = [Int8](repeating: 0, count: 8 * order)
    rounding.round(weights[...], scales: scales[...], into: &together)
    var apart = together.map { _ in Int8(0) }
    for output in 0..<8 {
      rounding.round(
        weights[output * order..<(output + 1) * order], scales: scales[output...output],
        into: &apart)
    }
    #expect(together == apart)
    #expect(Set(together).count > 10)
  }

  /// Matrices of few samples, of dead inputs, of equal inputs, of nothing, of no meaning.
  @Test func degenerateMatrices() {
    let order = 6
    var dead = Self.matrix(order: order, sampleCount: 20)
    for index in 0..<order {
      dead[2 * order + index] = 0
      dead[index * order + 2] = 0
    }
    var indefinite = Self.matrix(order: order, sampleCount: 20)
    indefinite[0] = -5
    let matrices: [[Float]] = [
      Self.matrix(order: order, sampleCount: 2), dead, indefinite,
      [Float](repeating: 1, count: 36), [Float](repeating: 0, count: 36),
      [Float](repeating: .nan, count: 36), [Float](repeating: .infinity, count: 36),
      [Float](repeating: .greatestFiniteMagnitude, count: 36),
      [Float](repeating: .leastNonzeroMagnitude, count: 36),
    ]
    let weights = normal(order).map { $0 * 40 }
    for matrix in matrices {
      for damping in [0, 0.01] {
        let rounding = SecondOrderRounding(matrix: matrix[...], order: order, damping: damping)
        var result = [Int8](repeating: 0, count: order)
        rounding.round(weights[...], scales: [1], into: &result)
        for (integer, weight) in zip(result, weights) {
          #expect(abs(Float(integer) - weight) < 40)
        }
      }
    }
  }

  /// Nothing is worth a sum beyond the grid: results stay within −127 to 127.
  @Test func clips() {
    let rounding = SecondOrderRounding(nearestOfOrder: 3)
    var result = [Int8](repeating: 0, count: 3)
    rounding.round([1000, -1000, 0.5], scales: [1], into: &result)
    #expect(result == [127, -127, 0])
  }

  /// `Σ x xᵀ` of seeded vectors.
  private static func matrix(order: Int, sampleCount: Int) -> [Float] {
    let samples = (0..<sampleCount).map { normal(order, seed: UInt64($0)) }
    return (0..<order * order).map { index in
      samples.reduce(0) { $0 + $1[index / order] * $1[index % order] }
    }
  }
}
