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
  @Test(arguments: [
    (13, 2100, 17), (7, 5000, 9), (31, 800, 8), (37, 2050, 130), (15, 1537, 64), (420, 100, 96),
  ])
  func deepRows(rowCount: Int, depth: Int, columnCount: Int) throws {
    var random = SeededRandom(depth)
    let problem = MatrixProblem(
      batchCount: 1, rowCount: rowCount, depth: depth, columnCount: columnCount)
    try Conformance.check(problem.fullyConnected(random: &random))
  }

  /// Counts of columns and rows at which tiles are wide, alone and beside others.
  @Test(arguments: [32, 63, 64, 65, 96, 97, 128, 159, 200], [14, 15, 18, 19, 29, 61])
  func wideTiles(columnCount: Int, rowCount: Int) throws {
    var random = SeededRandom(100 * columnCount + rowCount)
    let problem = MatrixProblem(
      batchCount: 1, rowCount: rowCount, depth: random.int(1...70), columnCount: columnCount)
    try Conformance.check(problem.fullyConnected(random: &random))
    for kind in [ConvolutionProblem.Kind.pointwise, .dense] {
      let problem = ConvolutionProblem(kind, channels: columnCount, random: &random)
      try Conformance.check(problem.problem(random: &random))
    }
  }

  #if !DEBUG
    /// With residuals, too, depths that wide tiles take in parts.
    @Test(arguments: 0..<6)
    func longDepths(seed: Int) throws {
      var random = SeededRandom(seed)
      let problem = ConvolutionProblem(.pointwise, channels: 1540, random: &random)
      try Conformance.check(problem.problem(random: &random))
    }
  #endif

  @Test(arguments: 0..<200)
  func fullyConnected(seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(MatrixProblem(random: &random).fullyConnected(random: &random))
  }
}
