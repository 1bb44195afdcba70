import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4

/// A backend that is asked for estimates and computes nothing: 10 µs a step, and for chains what it is
/// told.
private struct ChainBackend: Backend {
  let name: String
  var single = 10_000.0
  let chains: @Sendable (StepProblem) -> Double?

  init(
    _ name: String = "chains", single: Double = 10_000,
    chains: @escaping @Sendable (StepProblem) -> Double?
  ) {
    self.name = name
    self.single = single
    self.chains = chains
  }

  func assess(_ problem: StepProblem) -> Assessment {
    guard problem.isChain else { return .runs(kernel: "one", nanoseconds: single) }
    guard let nanoseconds = chains(problem) else { return .refuses(reason: "a chain") }
    return .runs(kernel: "many", nanoseconds: nanoseconds)
  }

  func memory(of problems: [StepProblem]) -> BackendMemory {
    BackendMemory(sharedByteCount: problems.reduce(0) { $0 + max($1.links.count, 1) })
  }

  func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
    NothingPacked()
  }
}

private struct NothingPacked: PackedSteps {
  let sharedByteCount = 0

  func prepare(
    _ bindings: [StepBinding], threads: SessionThreads
  ) throws(BackendError) -> [any PreparedStep] { [] }
}

@Suite struct StepChainsTests {
  /// Three convolutions one after the other.
  private func line() throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 6, 6, 8])
    let first = try sketch.convolution(input, outputs: 8, activation: .relu, name: "a")
    let second = try sketch.convolution(
      first, outputs: 8, kernel: 3, stride: 2, groups: 8, name: "b")
    return try sketch.finish(try sketch.convolution(second, outputs: 4, name: "c"))
  }

  private func names(
    _ graph: Graph, _ backends: [any Backend], pinned: String? = nil
  ) throws -> [String] {
    try Planner(backends: backends, pinned: pinned).plan(graph).steps.map(\.name)
  }

  @Test func cheaperWholesAreTaken() throws {
    let backend = ChainBackend { $0.links.count == 3 ? 25_000 : nil }
    let plan = try Planner(backends: [backend], pinned: nil).plan(line())
    let step = try #require(plan.steps.first)
    #expect(plan.steps.count == 1)
    #expect(step.name == "a … c")
    #expect(
      step.operation == "pointwise + ReLU → depthwise 3×3 stride 2 → pointwise")
    #expect(step.reason == "estimate 25.0 µs, as 3 steps 30.0 µs")
    #expect(step.kernel == "many")
    #expect(step.inputs.map(\.shape) == [try Shape([1, 6, 6, 8])])
    #expect(step.output.shape == (try Shape([1, 3, 3, 4])))
    #expect(step.multiplyAccumulateCount == 36 * 64 + 9 * 72 + 9 * 32)
    #expect(plan.memory.sharedByteCount == 3)
    // Neither of the values between the layers has a place.
    #expect(plan.arenaByteCount == 1152 + 192)
  }

  @Test(arguments: [20_000.0, 20_001, .infinity]) func othersAreNot(nanoseconds: Double) throws {
    let backend = ChainBackend { $0.links.count == 2 ? nanoseconds : nil }
    #expect(try names(line(), [backend]) == ["a", "b", "c"])
  }

  @Test func theGreaterSavingIsTaken() throws {
    let backend = ChainBackend { problem in
      problem.links.count > 2 ? nil : problem.name == "a … b" ? 18_000 : 17_000
    }
    #expect(try names(line(), [backend]) == ["a", "b … c"])
  }

  /// Two chains of less may save more than the one between them.
  @Test func chainsThatSaveMostTogetherAreTaken() throws {
    var sketch = GraphSketch()
    var value = try sketch.input([1, 4, 4, 8])
    for name in ["a", "b", "c", "d"] {
      value = try sketch.convolution(value, outputs: 8, name: name)
    }
    let graph = try sketch.finish(value)
    for (middle, expected) in [(15_000.0, ["a … b", "c … d"]), (11_000, ["a", "b … c", "d"])] {
      let backend = ChainBackend { problem in
        problem.links.count > 2 ? nil : problem.name == "b … c" ? middle : 16_000
      }
      #expect(try names(graph, [backend]) == expected)
    }
  }

  /// Two layers lead to one addition: it goes with the one where that saves more, and the other keeps
  /// what saves before it.
  @Test func branchesKeepTheirChains() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let left = try sketch.convolution(input, outputs: 8, name: "l")
    let leftEnd = try sketch.append(.add(Add()), left, input, name: "m")
    let right = try sketch.convolution(input, outputs: 8, name: "r")
    let graph = try sketch.finish(try sketch.append(.add(Add()), leftEnd, right, name: "s"))
    let backend = ChainBackend { problem in
      ["l … m": 15_000, "m … s": 14_000, "r … s": 18_000][problem.name]
    }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.map { $0.nodes.map(\.name) } == [["l", "m"], ["r", "s"]])
  }

  /// One backend's chain competes with the fastest steps of all.
  @Test func stepsOfOtherBackendsCount() throws {
    let backend = ChainBackend { $0.links.count == 3 ? 25_000 : nil }
    let fast = ChainBackend("fast", single: 8_000) { _ in nil }
    #expect(try names(line(), [backend, fast]) == ["a", "b", "c"])
    #expect(try names(line(), [backend, fast], pinned: "chains") == ["a … c"])
    #expect(try names(line(), [backend, fast], pinned: "fast") == ["a", "b", "c"])
    let plan = try Planner(backends: [backend, fast], pinned: "chains").plan(line())
    #expect(plan.steps.map(\.reason) == ["pinned"])
  }

  @Test func plansOfEveryNodeHaveNone() throws {
    let backend = ChainBackend { _ in 1 }
    let plan = try Planner(backends: [backend], pinned: nil, simplifies: false).plan(line())
    #expect(plan.steps.map(\.name) == ["a", "b", "c"])
  }

  /// What makes a value more than one between two operations of a chain.
  enum Obstacle: CaseIterable {
    case readByTwo, readTwiceByOne, outputOfTheGraph, reshaped
  }

  @Test(arguments: Obstacle.allCases) func valuesThatOthersReadStay(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 8, name: "a")
    let graph: Graph
    switch obstacle {
    case .readByTwo:
      let second = try sketch.convolution(first, outputs: 8, name: "b")
      graph = try sketch.finish(try sketch.append(.multiply(Multiply()), second, first))
    case .readTwiceByOne:
      graph = try sketch.finish(try sketch.append(.add(Add()), first, first))
    case .outputOfTheGraph:
      let second = try sketch.convolution(first, outputs: 8, name: "b")
      graph = try sketch.finish(second, first)
    case .reshaped:
      let other = try sketch.append(.reshape(try Shape([1, 2, 8, 8])), first)
      graph = try sketch.finish(try sketch.convolution(other, outputs: 8, name: "b"))
    }
    let backend = ChainBackend { _ in 1 }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.map(\.nodes) == graph.nodes.map { [$0] })
  }

  /// A step is one of integers or one of float32.
  @Test func elementTypesAreNotMixed() throws {
    let form = try QuantizationParameters(
      scales: [0.5], zeroPoints: [0], axis: nil, shape: try Shape([1, 4, 4, 8]), elementType: .int8)
    let shape = try Shape([1, 4, 4, 8])
    var sketch = GraphSketch()
    var value = try sketch.input([1, 4, 4, 8])
    for name in ["a", "b", "c", "d"] {
      value = try sketch.convolution(value, outputs: 8, name: name)
    }
    var graph = try sketch.finish(value)
    // Integers as far as the second layer's input, whose output is float32.
    for index in 0..<2 {
      graph.values[index] = Value(shape: shape, elementType: .int8, quantization: form)
    }
    let backend = ChainBackend { _ in 1 }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.map { $0.nodes.map(\.name) } == [["a", "b"], ["c", "d"]])
  }

  /// A chain runs where its last operation stands, when all that it reads is there.
  @Test func chainsWaitForWhatTheyAdd() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.append(.softmax, input, name: "s")
    let product = try sketch.convolution(first, outputs: 8, name: "a")
    let addend = try sketch.append(.softmax, first, name: "r")
    let sum = try sketch.append(.add(Add()), addend, product, name: "sum")
    let graph = try sketch.finish(sum)
    let backend = ChainBackend { _ in 1 }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.map { $0.nodes.map(\.name) } == [["s"], ["r"], ["a", "sum"]])
    #expect(chains[2].inputs == [first, addend])
    let lifetimes = Lifetimes(graph, steps: chains)
    #expect(lifetimes.storage[product.index] == -1)
    // The sum lies in what it is made of; what the layer reads outlives its step.
    #expect(lifetimes.storage[sum.index] == lifetimes.storage[addend.index])
    #expect(lifetimes.requests[lifetimes.storage[first.index]].lastStep == 2)
  }

  /// What forbids that a sum lies in its addend.
  enum Conflict: CaseIterable {
    case layerReadsIt, readLater, graphInput, sameMemoryAsTheLayersInput
  }

  @Test(arguments: Conflict.allCases) func sumsElsewhere(_ conflict: Conflict) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.append(.softmax, input, name: "s")
    let addend: ValueID
    let layerInput: ValueID
    switch conflict {
    case .layerReadsIt: (layerInput, addend) = (first, first)
    case .readLater: (layerInput, addend) = (first, try sketch.append(.softmax, first))
    case .graphInput: (layerInput, addend) = (first, input)
    case .sameMemoryAsTheLayersInput:
      layerInput = first
      addend = try sketch.append(.reshape(try Shape([1, 4, 4, 8])), first)
    }
    let product = try sketch.convolution(layerInput, outputs: 8, name: "a")
    let sum = try sketch.append(.add(Add()), product, addend, name: "sum")
    let graph =
      conflict == .readLater
      ? try sketch.finish(try sketch.append(.multiply(Multiply()), sum, addend))
      : try sketch.finish(sum)
    let backend = ChainBackend { _ in 1 }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.contains { $0.nodes.count == 2 })
    let lifetimes = Lifetimes(graph, steps: chains)
    #expect(lifetimes.storage[sum.index] != lifetimes.storage[addend.index])
  }

  /// A chain without an addition at its end writes over nothing that it reads.
  @Test func otherChainsWriteElsewhere() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.append(.softmax, input)
    let second = try sketch.convolution(first, outputs: 8)
    let third = try sketch.convolution(second, outputs: 8)
    let graph = try sketch.finish(third)
    let backend = ChainBackend { _ in 1 }
    let chains = Planner(backends: [backend], pinned: nil).chainsWhereWholesAreFaster(graph)
    #expect(chains.map(\.nodes.count) == [1, 2])
    let lifetimes = Lifetimes(graph, steps: chains)
    #expect(lifetimes.storage[third.index] != lifetimes.storage[first.index])
  }
}
