import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4

/// A backend that answers as it is told and computes nothing.
private struct StubBackend: Backend {
  let name: String
  let answer: @Sendable (StepProblem) -> Assessment

  init(_ name: String, _ answer: @escaping @Sendable (StepProblem) -> Assessment) {
    self.name = name
    self.answer = answer
  }

  func assess(_ problem: StepProblem) -> Assessment { answer(problem) }

  func memory(of problems: [StepProblem]) -> BackendMemory {
    BackendMemory(sharedByteCount: problems.count, sessionByteCount: 10 * problems.count)
  }

  func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
    StubSteps(names: problems.map(\.name))
  }
}

private struct StubSteps: PackedSteps {
  let names: [String]
  var sharedByteCount: Int { names.count }

  func prepare(
    _ bindings: [StepBinding], threads: SessionThreads
  ) throws(BackendError) -> [any PreparedStep] { [] }
}

@Suite struct PlannerTests {
  /// A convolution "dense", a reshape, a fully connected layer "last".
  private func graph() throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let dense = try sketch.convolution(input, outputs: 8, kernel: 3, name: "dense")
    let active = try sketch.append(.activation(.relu), dense)
    let pooled = try sketch.append(.globalAveragePool, active, name: "pool")
    let flat = try sketch.append(.reshape(try Shape([1, 8])), pooled)
    return try sketch.finish(try sketch.append(.softmax, flat, name: "last"))
  }

  private func runs(_ name: String, _ nanoseconds: Double) -> StubBackend {
    StubBackend(name) { _ in .runs(kernel: "\(name) kernel", nanoseconds: nanoseconds) }
  }

  @Test func cheapestBackendIsTaken() throws {
    let fast = StubBackend("fast") {
      .runs(kernel: "f", nanoseconds: $0.name == "pool" ? 30_000 : 10_000)
    }
    let plan = try Planner(backends: [runs("slow", 20_000), fast], pinned: nil).plan(graph())
    #expect(plan.steps.map(\.name) == ["dense", "pool", "last"])
    #expect(plan.steps.map(\.backend) == ["fast", "slow", "fast"])
    #expect(plan.steps.map(\.kernel) == ["f", "slow kernel", "f"])
    #expect(plan.steps[0].reason == "estimate 10.0 µs, slow 20.0 µs")
    #expect(plan.steps[1].reason == "estimate 20.0 µs, fast 30.0 µs")
    #expect(plan.backendNames == ["slow", "fast"])
    #expect(plan.shares.map(\.stepIndices) == [[1], [0, 2]])
    #expect(plan.memory.sharedByteCount == 3)
    #expect(plan.memory.sessionByteCount == 30)
  }

  /// Estimates are rough: a tenth and a microsecond less is not enough to leave a preferred backend.
  @Test(arguments: [(20_000.0, false), (17_271.0, true), (17_274.0, false), (0, true)])
  func littleCheaperIsNotTaken(nanoseconds: Double, isTaken: Bool) throws {
    let backends = [runs("preferred", 20_000), runs("other", nanoseconds)]
    let plan = try Planner(backends: backends, pinned: nil).plan(graph())
    #expect(plan.backendNames == [isTaken ? "other" : "preferred"])
    let short = try Planner(backends: [runs("preferred", 999), runs("other", 0)], pinned: nil)
      .plan(graph())
    #expect(short.backendNames == ["preferred"])
  }

  @Test func firstOfEqualsIsTaken() throws {
    let plan = try Planner(backends: [runs("a", 5), runs("b", 5)], pinned: nil).plan(graph())
    #expect(plan.backendNames == ["a"])
  }

  @Test func pinnedBackendIsTakenThoughDearer() throws {
    let plan = try Planner(backends: [runs("a", 5), runs("b", 50)], pinned: "b").plan(graph())
    #expect(plan.steps.allSatisfy { $0.backend == "b" && $0.reason == "pinned" })
  }

  @Test(arguments: ["a", nil]) func refusedStepsFallBackAndSayWhy(pinned: String?) throws {
    let fussy = StubBackend("a") {
      $0.name == "pool"
        ? .refuses(reason: "no pools") : .runs(kernel: "a", nanoseconds: 1)
    }
    let plan = try Planner(backends: [fussy, runs("b", 5)], pinned: pinned).plan(graph())
    #expect(plan.steps.map(\.backend) == ["a", "b", "a"])
    #expect(plan.steps[1].reason == "a: no pools")
  }

  @Test func stepThatNothingRunsIsRefused() throws {
    let never = StubBackend("never") {
      $0.name == "last" ? .refuses(reason: "not today") : .runs(kernel: "n", nanoseconds: 1)
    }
    let error = #expect(throws: MNV4Error.self) {
      try Planner(backends: [never], pinned: nil).plan(graph())
    }
    #expect(error?.code == .unsupportedModel)
    #expect(error?.description == "no backend runs step 'last' (softmax): never: not today")
  }

  @Test func twoOutputsAreRefused() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.append(.softmax, input)
    let graph = try sketch.finish(first, try sketch.append(.globalAveragePool, input))
    let error = #expect(throws: MNV4Error.self) {
      try Planner(backends: [runs("a", 1)], pinned: nil).plan(graph)
    }
    #expect(error?.description == "expected one output, found 2")
  }

  @Test func stepsNameWhatIsFusedIntoThem() throws {
    let plan = try TestModel.small().plan(for: .swift)
    #expect(plan.steps.map(\.operation).contains("pointwise + residual"))
    #expect(plan.steps.map(\.operation).contains("conv 3×3 stride 2 + ReLU"))
    #expect(plan.steps.map(\.operation).contains("depthwise 3×3 + h-swish"))
    #expect(!plan.steps.map(\.operation).contains("batch normalization"))
  }

  @Test(arguments: TestModel.backends) func explanationHasEveryStep(
    _ backend: BackendChoice
  ) throws {
    let model = try TestModel.small()
    let options = SessionOptions(threads: 2, backend: backend)
    let lines = try model.explain(options)
    let plan = try model.plan(for: backend)
    #expect(lines.count == 1 + plan.steps.count + 1 + 5)
    for (step, line) in zip(plan.steps, lines.dropFirst()) {
      for cell in [step.name, step.operation, step.backend, step.kernel, step.reason] {
        #expect(line.contains(cell))
      }
    }
    #expect(lines.contains { $0.hasPrefix("steps     \(plan.steps.count): ") })
    #expect(lines.last?.hasSuffix("2 threads") == true)
  }

  @Test func arenaHoldsTheLargestStep() throws {
    for model in [try TestModel.small(), try TestModel.mobileNetV4(side: 64)] {
      let plan = try model.plan(for: .swift)
      #expect(plan.arenaByteCount >= plan.largestStepByteCount)
      #expect(plan.arenaByteCount < 2 * plan.largestStepByteCount + 4_096)
    }
  }
}
