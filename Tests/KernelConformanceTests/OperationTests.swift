import MNV4Core
import MNV4Graph
import Testing

/// Everything but convolutions and fully connected layers.
@Suite struct OperationTests {
  @Test(arguments: ElementwiseProblem.Kind.allCases, 0..<100)
  func elementwise(kind: ElementwiseProblem.Kind, seed: Int) throws {
    var random = SeededRandom(seed)
    let problem = ElementwiseProblem(kind, random: &random)
    try Conformance.check(problem.problem(random: &random))
  }

  @Test(arguments: [false, true], 0..<150)
  func averagePool(isGlobal: Bool, seed: Int) throws {
    var random = SeededRandom(seed)
    let problem = PoolingProblem(isGlobal: isGlobal, random: &random)
    try Conformance.check(problem.problem(random: &random))
  }

  @Test(arguments: 0..<200)
  func matrixProduct(seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(MatrixProblem(random: &random).matrixProduct(random: &random))
  }

  @Test(arguments: 0..<200)
  func softmax(seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(SoftmaxProblem(random: &random).problem(random: &random))
  }

  @Test(arguments: DataMovementProblem.allCases, 0..<100)
  func dataMovement(kind: DataMovementProblem, seed: Int) throws {
    var random = SeededRandom(seed)
    try Conformance.check(kind.problem(random: &random))
  }
}
