import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionProblem.Kind.allCases, 0..<200)
  func randomProblem(kind: ConvolutionProblem.Kind, seed: Int) throws {
    var random = SeededRandom(seed)
    let problem = ConvolutionProblem(kind, random: &random)
    try Conformance.check(problem.problem(random: &random))
  }

  /// Depths at which rows are worked through in blocks for the cache.
  @Test(arguments: [(13, 2100, 17), (7, 5000, 9), (31, 800, 8)])
  func deepRows(rowCount: Int, depth: Int, columnCount: Int) throws {
    var random = SeededRandom(depth)
    let problem = MatrixProblem(
      batchCount: 1, rowCount: rowCount, depth: depth, columnCount: columnCount)
    try Conformance.check(problem.fullyConnected(random: &random))
  }

  @Test(arguments: 0..<200)
  func fullyConnected(seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(MatrixProblem(random: &random).fullyConnected(random: &random))
  }
}
