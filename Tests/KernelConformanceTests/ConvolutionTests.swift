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

  @Test(arguments: 0..<200)
  func fullyConnected(seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(MatrixProblem(random: &random).fullyConnected(random: &random))
  }
}
