import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4

/// A backend that is asked only for estimates.
private struct EstimatingBackend: Backend {
  let name: String
  let answer: @Sendable (StepProblem) -> Assessment

  func assess(_ problem: StepProblem) -> Assessment { answer(problem) }
  func memory(of problems: [StepProblem]) -> BackendMemory {
    BackendMemory(sharedByteCount: 0, sessionByteCount: 0)
  }
  func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
    throw .library(backend: name, step: "", call: "pack", status: "unexpected")
  }
}

@Suite struct StepSplittingTests {
  /// Runs everything, convolutions in 100 ns, the rest in 10.
  private static let complete = EstimatingBackend(name: "complete") { problem in
    if case .convolution = problem.operation { return .runs(kernel: "slow", nanoseconds: 100) }
    return .runs(kernel: "any", nanoseconds: 10)
  }

  /// Runs convolutions alone, without what may be fused into them, in the given time.
  private static func bare(_ nanoseconds: Double) -> EstimatingBackend {
    EstimatingBackend(name: "bare") { problem in
      guard case .convolution(let convolution) = problem.operation,
        convolution.activation == .identity, convolution.residual == .none
      else { return .refuses(reason: "not a bare convolution") }
      return .runs(kernel: "fast", nanoseconds: nanoseconds)
    }
  }

  private func convolutionWithGELU() throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let value = try sketch.convolution(input, outputs: 8, kernel: 3, name: "conv")
    return try sketch.finish(try sketch.append(.activation(.gelu), value)).fusingActivations()
  }

  private func convolutionWithPartialResidual() throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let value = try sketch.convolution(input, outputs: 8, kernel: 3, name: "conv")
    let sum = try sketch.append(.add(Add(channelCount: 4)), value, input)
    return try sketch.finish(sum).fusingResiduals()
  }

  private func names(_ graph: Graph, _ planner: Planner) throws -> [String] {
    let result = planner.splittingWherePartsAreFaster(graph)
    try result.validate()
    return result.nodes.map(\.name)
  }

  @Test func partsThatAreFasterAreTakenApart() throws {
    let planner = Planner(backends: [Self.bare(20), Self.complete], pinned: nil)
    #expect(try names(convolutionWithGELU(), planner) == ["conv", "conv.act"])
    #expect(try names(convolutionWithPartialResidual(), planner) == ["conv", "conv.add"])
  }

  @Test func aWholeThatIsFasterStays() throws {
    let planner = Planner(backends: [Self.bare(95), Self.complete], pinned: nil)
    #expect(try names(convolutionWithGELU(), planner) == ["conv"])
    #expect(try names(convolutionWithPartialResidual(), planner) == ["conv"])
  }

  @Test func thePinnedBackendDecides() throws {
    let backends = [Self.bare(95), Self.complete]
    let slowPinned = Planner(backends: backends, pinned: "bare")
    #expect(try names(convolutionWithGELU(), slowPinned) == ["conv", "conv.act"])
    let completePinned = Planner(backends: [Self.bare(1), Self.complete], pinned: "complete")
    #expect(try names(convolutionWithGELU(), completePinned) == ["conv"])
  }

  @Test func splitGraphsGiveTheSameNumbers() throws {
    let planner = Planner(backends: [Self.bare(1), Self.complete], pinned: nil)
    for graph in [try convolutionWithGELU(), try convolutionWithPartialResidual()] {
      let split = planner.splittingWherePartsAreFaster(graph)
      #expect(split.nodes.count == 2)
      let input = seededElements(4 * 4 * 8)
      let expected = try NodeByNode.run(graph, input)
      #expect(relativeDifference(try NodeByNode.run(split, input), expected) < 1e-6)
    }
  }
}
