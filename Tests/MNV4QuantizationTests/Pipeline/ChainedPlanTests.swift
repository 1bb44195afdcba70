import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Kernels
import MNV4Quantization
import Testing

@testable import MNV4

/// Whole networks with every chain that the kernels in C know, against plans without any.
@Suite struct ChainedPlanTests {
  /// The kernels in C, which say of every chain that it takes no time.
  private struct ChainsFirst: Backend {
    let name = "microkernels"
    /// Also where values between layers are small.
    let kernels = KernelBackend(
      name: "microkernels", kernels: KernelBackend.microkernelFamilies.flatMap(\.kernels),
      chainKernels: KernelBackend.microkernelChains())
    let takesChains: Bool

    func assess(_ problem: StepProblem) -> Assessment {
      guard problem.isChain, case .runs(let kernel, _) = kernels.assess(problem) else {
        return kernels.assess(problem)
      }
      return takesChains ? .runs(kernel: kernel, nanoseconds: 0) : .refuses(reason: "a chain")
    }

    func memory(of problems: [StepProblem]) -> BackendMemory { kernels.memory(of: problems) }

    func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
      try kernels.pack(problems)
    }
  }

  /// Pinned, as float32 sums of other backends have other bits.
  private func plan(_ graph: Graph, takesChains: Bool) throws -> ExecutionPlan {
    try Planner(
      backends: [ChainsFirst(takesChains: takesChains), KernelBackend.swift],
      pinned: "microkernels"
    ).plan(graph)
  }

  private func outputs(_ plan: ExecutionPlan, threadCount: Int) throws -> [UInt32] {
    let session = try Session(plan: plan, options: SessionOptions(threads: threadCount))
    let input = try Tensor.seeded(shape: plan.input.shape.dimensions)
    _ = try session.run(input)
    return try session.run(input).elements.map(\.bitPattern)
  }

  private func check(_ graph: Graph) throws -> Set<String> {
    let apart = try plan(graph, takesChains: false)
    let chained = try plan(graph, takesChains: true)
    #expect(chained.steps.count < apart.steps.count)
    #expect(
      chained.steps.reduce(0) { $0 + $1.multiplyAccumulateCount }
        == apart.steps.reduce(0) { $0 + $1.multiplyAccumulateCount })
    let packed = chained.shares.reduce(0) { $0 + $1.packed.sharedByteCount }
    #expect(packed == chained.memory.sharedByteCount)
    let expected = try outputs(apart, threadCount: 1)
    for threadCount in [1, 3] {
      #expect(try outputs(chained, threadCount: threadCount) == expected)
    }
    return Set(chained.steps.map(\.kernel))
  }

  @Test(arguments: Family.allCases) func giveTheSameBits(_ family: Family) throws {
    let graph = try family.graph()
    #expect(try check(graph).contains { $0.hasPrefix("rows_") })
    let integers = try quantize(graph).file.graph
    #expect(try check(integers).contains { $0.hasPrefix("rows_") })
  }
}
