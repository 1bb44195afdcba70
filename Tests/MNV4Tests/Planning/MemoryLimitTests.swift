import MNV4Core
import MNV4Format
import MNV4Graph
import Synchronization
import Testing

@testable import MNV4

/// The limit on memory stands before anything is packed.
@Suite struct MemoryLimitTests {
  /// A backend that says what it is told and counts how often it packs.
  private final class CountingBackend: Backend {
    let name = "counting"
    let stepMemory: BackendMemory
    private let packs = Mutex(0)

    init(_ stepMemory: BackendMemory) { self.stepMemory = stepMemory }

    var packCount: Int { packs.withLock { $0 } }

    func assess(_ problem: StepProblem) -> Assessment { .runs(kernel: "none", nanoseconds: 1) }

    func memory(of problems: [StepProblem]) -> BackendMemory {
      problems.reduce(.none) { total, _ in total + stepMemory }
    }

    func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
      packs.withLock { $0 += 1 }
      return Nothing()
    }
  }

  private struct Nothing: PackedSteps {
    var sharedByteCount: Int { 0 }

    func prepare(
      _ bindings: [StepBinding], threads: SessionThreads
    ) throws(BackendError) -> [any PreparedStep] { [] }
  }

  /// Two steps on tensors of 1,024 bytes.
  private func graph() throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 256])
    let first = try sketch.append(.softmax, input)
    return try sketch.finish(try sketch.append(.softmax, first))
  }

  @Test(arguments: [
    BackendMemory(sharedByteCount: 5_000), BackendMemory(sessionByteCount: 5_000),
    BackendMemory(sharedByteCount: 2_000, sessionByteCount: 3_000),
  ])
  func planBeyondTheLimitIsRefusedBeforePacking(_ memory: BackendMemory) throws {
    let backend = CountingBackend(memory)
    let planner = Planner(backends: [backend], pinned: nil)
    let need = try planner.plan(graph()).memory.totalByteCount(threadCount: 1)
    #expect(backend.packCount == 1)
    #expect(need >= 10_000 + 3 * 1_024)
    let error = #expect(throws: MNV4Error.self) {
      try planner.plan(graph(), maximumByteCount: need - 1)
    }
    #expect(error?.code == .outOfResources)
    #expect(
      error?.description
        == "memory: expected at most \((need - 1).byteText), the plan needs \(need.byteText)")
    #expect(backend.packCount == 1)
    _ = try planner.plan(graph(), maximumByteCount: need)
    #expect(backend.packCount == 2)
  }

  @Test func everyThreadCounts() throws {
    let planner = Planner(
      backends: [CountingBackend(BackendMemory(threadByteCount: 1_000))], pinned: nil)
    let memory = try planner.plan(graph()).memory
    let one = memory.totalByteCount(threadCount: 1)
    #expect(memory.totalByteCount(threadCount: 256) == one + 255 * memory.threadByteCount)
    #expect(memory.threadByteCount >= 1_000)
    _ = try planner.plan(graph(), maximumByteCount: one, threadCount: 1)
    #expect(throws: MNV4Error.self) {
      try planner.plan(graph(), maximumByteCount: one, threadCount: 2)
    }
  }

  /// What a session of more threads needs more is compared with its own limit.
  @Test func sessionsOfMoreThreadsNeedMore() throws {
    let model = try TestModel.small()
    let memory = try model.plan(for: .microkernels).memory
    try #require(memory.threadByteCount > 0)
    var options = SessionOptions(
      threads: 3, backend: .microkernels,
      maximumMemoryByteCount: memory.totalByteCount(threadCount: 3) - 1)
    #expect(throws: MNV4Error.self) { try model.makeSession(options) }
    #expect(throws: MNV4Error.self) { try model.explain(options) }
    options.maximumMemoryByteCount += 1
    _ = try model.makeSession(options)
  }

  @Test func memoryThatNoIntegerHoldsIsRefused() throws {
    let backend = CountingBackend(
      BackendMemory(sharedByteCount: .max, sessionByteCount: .max - 1))
    #expect(throws: MNV4Error.self) {
      try Planner(backends: [backend], pinned: nil).plan(graph(), maximumByteCount: 1 << 50)
    }
    #expect(backend.packCount == 0)
  }

  /// A plan that one session made does not let a session with a lower limit through.
  @Test(arguments: TestModel.backends) func knownPlansAreComparedToo(
    _ backend: BackendChoice
  ) throws {
    let model = try TestModel.small()
    var options = SessionOptions(threads: 1, backend: backend)
    _ = try model.makeSession(options)
    options.maximumMemoryByteCount =
      try model.plan(for: backend).memory.totalByteCount(threadCount: 1) - 1
    #expect(throws: MNV4Error.self) { try model.makeSession(options) }
    #expect(throws: MNV4Error.self) { try model.explain(options) }
    options.maximumMemoryByteCount += 1
    _ = try model.makeSession(options)
  }

  /// Layers that share one constant are packed once each.
  @Test(arguments: TestModel.backends) func sharedWeightsCountForEveryLayer(
    _ backend: BackendChoice
  ) throws {
    func total(layerCount: Int) throws -> Int {
      var sketch = GraphSketch()
      var value = try sketch.input([1, 64])
      let weights = try sketch.constant("weight", [64, 64])
      for _ in 0..<layerCount {
        value = try sketch.append(
          .fullyConnected(FullyConnected(weights: weights, bias: nil)), value)
      }
      let model = Model(ModelFile(graph: try sketch.finish(value)))
      return try model.plan(for: backend).memory.totalByteCount(threadCount: 1)
    }
    #expect(try total(layerCount: 9) - total(layerCount: 2) >= 7 * 64 * 64 * 4)
  }
}
