internal import MNV4Core
internal import MNV4Graph

/// Turns a graph into a plan: passes, a backend for every step, a place for every tensor.
struct Planner {
  /// In order of preference among costs that are about equal; the last runs everything.
  let backends: [any Backend]
  /// The name of the backend to use wherever it can run a step; nil takes the first
  /// that no later one is clearly cheaper than.
  let pinned: String?

  /// Whether passes may change the graph; otherwise there is a step for every node but reshapes.
  var simplifies = true

  /// The graph must pass `Graph.validate()`. Nothing is packed for a plan that needs more memory, with
  /// one session of so many threads, than `maximumByteCount`.
  func plan(
    _ graph: Graph, maximumByteCount: Int = .max, threadCount: Int = 1
  ) throws(MNV4Error) -> ExecutionPlan {
    let graph =
      simplifies
      ? splittingWherePartsAreFaster(try withPreferredIntegers(Self.simplified(graph))) : graph
    guard graph.outputs.count == 1 else {
      throw MNV4Error(
        .unsupportedModel, "expected one output, found \(graph.outputs.count)")
    }
    let chains = simplifies ? chainsWhereWholesAreFaster(graph) : graph.nodes.map { NodeChain($0) }
    let choices = try chains.map { chain throws(MNV4Error) in try choose(chain, of: graph) }
    let scratchByteCounts = zip(chains, choices).map { chain, choice in
      choice.map { scratchByteCount($0, StepProblem(chain, of: graph)) } ?? 0
    }
    let lifetimes = Lifetimes(graph, steps: chains, scratchByteCounts: scratchByteCounts)
    let layout = ArenaPlanner.layout(lifetimes.requests)
    func slot(_ id: ValueID) -> ExecutionPlan.Slot {
      ExecutionPlan.Slot(
        value: graph[id], offset: layout.offsets[lifetimes.storage[id.index]])
    }

    var steps: [ExecutionPlan.Step] = []
    var problems: [String: [(index: Int, problem: StepProblem)]] = [:]
    for (index, chain) in chains.enumerated() {
      guard let choice = choices[index] else { continue }
      let problem = StepProblem(chain, of: graph)
      problems[choice.backend, default: []].append((steps.count, problem))
      steps.append(
        ExecutionPlan.Step(
          name: problem.name, operation: Self.describe(problem), inputs: chain.inputs.map(slot),
          output: slot(chain.output),
          scratch: lifetimes.scratch[index].map {
            .init(offset: layout.offsets[$0], byteCount: scratchByteCounts[index])
          },
          backend: choice.backend, kernel: choice.kernel,
          reason: choice.reason, multiplyAccumulateCount: problem.multiplyAccumulateCount,
          estimatedNanoseconds: choice.nanoseconds))
    }
    let packing = backends.reduce(BackendMemory.none) { total, backend in
      guard let own = problems[backend.name] else { return total }
      return total + backend.memory(of: own.map(\.problem))
    }
    let output = slot(graph.outputs[0])
    let memory = PlanMemory(
      arenaByteCount: layout.byteCount,
      outputByteCount: output.shape.elementCount * MemoryLayout<Float>.stride,
      sharedByteCount: packing.sharedByteCount, sessionByteCount: packing.sessionByteCount,
      threadByteCount: packing.threadByteCount)
    try memory.check(limit: maximumByteCount, threadCount: threadCount)

    var shares: [ExecutionPlan.Share] = []
    for backend in backends {
      guard let own = problems[backend.name] else { continue }
      do throws(BackendError) {
        let packed = try backend.pack(own.map(\.problem))
        shares.append(.init(backend: backend.name, stepIndices: own.map(\.index), packed: packed))
      } catch {
        throw MNV4Error(.outOfResources, error.description)
      }
    }
    let largest = steps.map(\.memoryByteCount).max()
    return ExecutionPlan(
      steps: steps, shares: shares, input: slot(graph.inputs[0]), output: output,
      memory: memory, largestStepByteCount: largest ?? 0)
  }

  /// The graph after every pass.
  static func simplified(_ graph: Graph) throws(MNV4Error) -> Graph {
    do {
      return try graph.foldingConstants().fusingActivations().fusingResiduals()
        .fusingActivations()
    } catch {
      throw MNV4Error(.outOfResources, error.description)
    }
  }

  /// The graph with uint8 between its steps, where the backend that gets most of them prefers that.
  private func withPreferredIntegers(_ graph: Graph) -> Graph {
    let backend = pinned.map { name in backends.first { $0.name == name } } ?? backends.first
    return backend?.prefersUnsignedIntegers == true ? graph.withUnsignedIntegers() : graph
  }

  // MARK: Selection

  private struct Choice {
    let backend: String
    let kernel: String
    let nanoseconds: Double
    var reason = ""

    func because(_ reason: String) -> Choice {
      var choice = self
      choice.reason = reason
      return choice
    }
  }

  /// The backend that gets a step.
  func backend(for problem: StepProblem) throws(MNV4Error) -> any Backend {
    let name = try choose(problem).backend
    guard let backend = backends.first(where: { $0.name == name }) else {
      preconditionFailure("a backend that was not asked")
    }
    return backend
  }

  private func scratchByteCount(_ choice: Choice, _ problem: StepProblem) -> Int {
    backends.first { $0.name == choice.backend }?.scratchByteCount(of: problem) ?? 0
  }

  /// Nil where the step has nothing to do: the same bytes in another shape.
  private func choose(_ chain: NodeChain, of graph: Graph) throws(MNV4Error) -> Choice? {
    if case .reshape = chain.nodes[0].operation { return nil }
    return try choose(StepProblem(chain, of: graph))
  }

  private func choose(_ problem: StepProblem) throws(MNV4Error) -> Choice {
    var candidates: [Choice] = []
    var refusals: [String] = []
    for backend in backends {
      switch backend.assess(problem) {
      case .runs(let kernel, let nanoseconds):
        candidates.append(
          Choice(backend: backend.name, kernel: kernel, nanoseconds: nanoseconds))
      case .refuses(let reason): refusals.append("\(backend.name): \(reason)")
      }
    }
    if let pinned, let choice = candidates.first(where: { $0.backend == pinned }) {
      return choice.because("pinned")
    }
    guard let first = candidates.first else {
      throw MNV4Error(
        .unsupportedModel,
        "no backend runs step '\(problem.name)' (\(Self.describe(problem))): "
          + refusals.joined(separator: "; "))
    }
    let best = candidates.dropFirst().reduce(first) {
      Self.isWorthChanging($1.nanoseconds, from: $0.nanoseconds) ? $1 : $0
    }
    if problem.isChain {
      let apart = problem.links.reduce(0) { $0 + estimate($1.problem) }
      return best.because(
        "estimate \(Self.microseconds(best.nanoseconds)), "
          + "as \(problem.links.count) steps \(Self.microseconds(apart))")
    }
    if pinned != nil || candidates.count == 1 && !refusals.isEmpty {
      return best.because(refusals.joined(separator: "; "))
    }
    let others = candidates.filter { $0.backend != best.backend }
      .map { "\($0.backend) \(Self.microseconds($0.nanoseconds))" }
    return best.because(
      others.isEmpty
        ? "the only backend"
        : "estimate \(Self.microseconds(best.nanoseconds)), \(others.joined(separator: ", "))")
  }

  /// Whether an estimate of a backend is enough below that of a preferred one: estimates are rough, and
  /// steps of several backends do not share their threads.
  static func isWorthChanging(_ nanoseconds: Double, from preferred: Double) -> Bool {
    1.1 * nanoseconds + 1000 < preferred
  }

  private static func microseconds(_ nanoseconds: Double) -> String {
    "\((nanoseconds / 1000).roundedText(1)) µs"
  }

  /// The operation with what is fused into it: `pointwise + residual + ReLU`; those of a chain with
  /// arrows between them.
  private static func describe(_ problem: StepProblem) -> String {
    guard !problem.isChain else {
      return problem.links.map { describe($0.problem) }.joined(separator: " → ")
    }
    var parts = [problem.operation.describe(inputs: problem.inputs)]
    if case .convolution(let convolution) = problem.operation {
      switch convolution.residual {
      case .none: break
      case .whole: parts.append("residual")
      case .channels: parts.append("partial residual")
      }
    }
    let activation = problem.operation.fusedActivation
    if activation != .identity { parts.append(activation.name) }
    return parts.joined(separator: " + ")
  }
}
