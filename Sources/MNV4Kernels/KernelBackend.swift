import MNV4Core
package import MNV4Graph

/// A backend that is a list of kernels, of which each step gets the cheapest.
///
/// Results are the same bits at every thread count: work is split over elements of the output, never
/// over a sum.
package struct KernelBackend: Backend {
  package let name: String
  package let prefersUnsignedIntegers: Bool
  private let kernels: [Kernel]
  private let chainKernels: [Kernel]
  private let minimumPartNanoseconds: Double

  /// Chooses among `kernels`, for chains of operations among `chainKernels`, the first of equals;
  /// shares no step among threads in parts much shorter than `minimumPartNanoseconds`.
  package init(
    name: String, prefersUnsignedIntegers: Bool = false, kernels: [Kernel],
    chainKernels: [Kernel] = [], minimumPartNanoseconds: Double = 600
  ) {
    self.name = name
    self.prefersUnsignedIntegers = prefersUnsignedIntegers
    self.kernels = kernels
    self.chainKernels = chainKernels
    self.minimumPartNanoseconds = minimumPartNanoseconds
  }

  package func assess(_ problem: StepProblem) -> Assessment {
    guard let (kernel, nanoseconds) = cheapest(for: problem) else {
      return .refuses(reason: "none of its kernels computes this step")
    }
    return .runs(kernel: kernel.name, nanoseconds: nanoseconds)
  }

  package func memory(of problems: [StepProblem]) -> BackendMemory {
    var total = BackendMemory.none
    var workspaceByteCount = 0
    for problem in problems {
      guard let kernel = cheapest(for: problem)?.kernel else { continue }
      total = total + kernel.memory(problem)
      workspaceByteCount = max(workspaceByteCount, kernel.workspaceByteCount(problem))
    }
    return total
      + BackendMemory(threadByteCount: workspaceByteCount.roundedUp(to: AlignedBuffer.alignment))
  }

  package func scratchByteCount(of problem: StepProblem) -> Int {
    cheapest(for: problem)?.kernel.scratchByteCount(problem) ?? 0
  }

  package func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
    var steps: [any PackedKernel] = []
    for problem in problems {
      guard let kernel = cheapest(for: problem)?.kernel else {
        preconditionFailure("step '\(problem.name)' was not assessed as runnable")
      }
      steps.append(try kernel.pack(problem))
    }
    return PackedKernels(steps: steps, minimumPartNanoseconds: minimumPartNanoseconds)
  }

  /// The cheapest kernel that supports the problem, the first of equals, and its time.
  private func cheapest(for problem: StepProblem) -> (kernel: Kernel, nanoseconds: Double)? {
    let candidates = problem.isChain ? chainKernels : kernels
    // By index: planning asks often, and a copy of a kernel counts a reference to each of its functions.
    var best: (index: Int, nanoseconds: Double)?
    for index in candidates.indices where candidates[index].supports(problem) {
      let nanoseconds = candidates[index].nanoseconds(problem)
      if let best, best.nanoseconds <= nanoseconds { continue }
      best = (index, nanoseconds)
    }
    return best.map { (candidates[$0.index], $0.nanoseconds) }
  }
}

/// The packed weights of a plan's steps on a backend of kernels.
struct PackedKernels: PackedSteps {
  let steps: [any PackedKernel]
  let minimumPartNanoseconds: Double

  var sharedByteCount: Int { steps.reduce(0) { $0 + $1.sharedByteCount } }

  /// Tells each step how threads share writing its first input.
  private func announcingCuts(_ bindings: [StepBinding], _ workers: Workers) -> [StepBinding] {
    guard workers.threadCount > 1 else { return bindings }
    var result = bindings
    var cuts: [UnsafeRawPointer: ThreadCut] = [:]
    for index in steps.indices {
      result[index].inputCut = bindings[index].inputs.first.flatMap { cuts[$0] }
      cuts[UnsafeRawPointer(bindings[index].output)] =
        steps[index].cut(result[index], workers: workers)
    }
    return result
  }

  /// Tells each step which constants each thread reads next, in the first step after it in which the thread
  /// reads many.
  private func announcingConstants(_ bindings: [StepBinding], _ workers: Workers) -> [StepBinding] {
    var result = bindings
    var next = [UnsafeRawBufferPointer?](repeating: nil, count: workers.threadCount)
    for index in steps.indices.reversed() {
      result[index].next = next
      for (thread, constants) in steps[index].streamedConstants(workers).enumerated() {
        next[thread] = constants ?? next[thread]
      }
    }
    return result
  }

  func prepare(
    _ bindings: [StepBinding], threads: SessionThreads
  ) throws(BackendError) -> [any PreparedStep] {
    precondition(bindings.count == steps.count)
    let pool: ThreadPool
    do { pool = try threads.pool() } catch { throw .thread(error) }
    let workspace = try Workspace(
      byteCount: steps.reduce(0) { max($0, $1.workspaceByteCount) }, threadCount: threads.count)
    let workers = Workers(
      pool: pool, minimumPartNanoseconds: minimumPartNanoseconds, workspace: workspace)
    var prepared: [any PreparedStep] = []
    let bindings = announcingCuts(announcingConstants(bindings, workers), workers)
    for (step, binding) in zip(steps, bindings) {
      prepared.append(try step.prepare(binding, workers: workers))
    }
    return prepared
  }
}
