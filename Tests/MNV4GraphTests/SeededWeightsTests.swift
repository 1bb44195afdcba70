import MNV4Graph
import Testing

@Suite struct SeededWeightsTests {
  /// Mean and standard deviation.
  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (mean, (variance / Double(values.count)).squareRoot())
  }

  /// Key, shape, mean, standard deviation.
  private static let distributions: [(String, [Int], Double, Double)] = [
    ("blocks.0.0.conv.weight", [64, 32, 3, 3], 0, 0.058926),
    ("blocks.0.0.dw.weight", [2048, 1, 3, 3], 0, 0.333333),
    ("classifier.weight", [100, 400], 0, 0.05),
    ("bn.weight", [20_000], 1, 0.1), ("bn.bias", [20_000], 0, 0.1),
    ("bn.running_mean", [20_000], 0, 0.1), ("bn.running_var", [20_000], 1, 0.1),
  ]

  @Test(arguments: distributions)
  func valuesHaveTheStatedMoments(
    key: String, shape: [Int], mean: Double, deviation: Double
  ) throws {
    var weights = SeededWeights(seed: 1)
    let values = try weights.tensor(key, shape: shape)
    #expect(values.count == shape.reduce(1, *))
    let found = moments(values)
    // Five standard errors of at least 18,432 samples.
    #expect(abs(found.mean - mean) < 0.037 * deviation)
    #expect(abs(found.deviation - deviation) < 0.037 * deviation)
    let largest = values.map { abs(Double($0) - mean) }.max()
    #expect(largest.map { $0 <= deviation * 3.4642 } == true)
  }

  @Test func theOrderOfRequestsDoesNotMatter() throws {
    var first = SeededWeights(seed: 7)
    var second = SeededWeights(seed: 7)
    let a = try first.tensor("a.weight", shape: [4, 8])
    let b = try first.tensor("b.weight", shape: [4, 8])
    #expect(try second.tensor("b.weight", shape: [4, 8]) == b)
    #expect(try second.tensor("a.weight", shape: [4, 8]) == a)
    #expect(a != b)
    var other = SeededWeights(seed: 8)
    #expect(try other.tensor("a.weight", shape: [4, 8]) != a)
  }

  @Test func valuesStayTheSame() throws {
    var weights = SeededWeights(seed: 0)
    let values = try weights.tensor("conv_stem.weight", shape: [1, 4])
    #expect(
      values.map(\.bitPattern) == [0xBB07_1997, 0xBF4C_D41B, 0xBD91_A797, 0xBE87_D130])
  }

  @Test func emptyAndScalarTensorsAreGiven() throws {
    var weights = SeededWeights(seed: 0)
    #expect(try weights.tensor("x", shape: [0, 3]) == [])
    #expect(try weights.tensor("x", shape: [3, 0]) == [])
    #expect(try weights.tensor("x", shape: []).count == 1)
  }
}
