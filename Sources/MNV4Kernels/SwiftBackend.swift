import MNV4Core
package import MNV4Graph

/// Every operation in every element type on every processor: portable SIMD, no C.
///
/// Results are the same bits at every thread count and on every processor: work is split over
/// elements of the output, never over a sum, and products are rounded before they are added.
/// A NaN in an operand reaches every element that depends on it; ReLU and the other clamps keep NaN.
package struct SwiftBackend: Backend {
  /// Every kernel there is, by family.
  package static let families: [KernelFamily] = [
    KernelFamily(name: "pointwise convolution", kernels: pointwiseKernels),
    KernelFamily(name: "depthwise convolution", kernels: depthwiseKernels),
    KernelFamily(name: "convolution", kernels: convolutionKernels),
    KernelFamily(name: "fully connected", kernels: fullyConnectedKernels),
    KernelFamily(name: "elementwise", kernels: elementwiseKernels),
    KernelFamily(name: "pooling", kernels: poolingKernels),
    KernelFamily(name: "attention", kernels: attentionKernels),
    KernelFamily(name: "data movement", kernels: dataMovementKernels),
    KernelFamily(name: "resize", kernels: resizeKernels),
    KernelFamily(name: "integer layer", kernels: integerLayerKernels + referenceLayerKernels),
    KernelFamily(name: "integer depthwise convolution", kernels: integerDepthwiseKernels),
    KernelFamily(name: "integer matrix product", kernels: integerMatrixProductKernels),
    KernelFamily(
      name: "integer arithmetic", kernels: integerArithmeticKernels + referenceRuleKernels),
    KernelFamily(name: "integer table", kernels: tableKernels),
    KernelFamily(name: "quantize", kernels: quantizeKernels),
    KernelFamily(name: "integer softmax", kernels: integerSoftmaxKernels),
  ]

  private let kernels: [Kernel]
  private let minimumPartNanoseconds: Double

  /// Chooses among all kernels.
  package init() { self.init(kernels: Self.families.flatMap(\.kernels)) }

  /// Chooses among `kernels` only; shares no step among threads in parts much shorter than
  /// `minimumPartNanoseconds`.
  package init(kernels: [Kernel], minimumPartNanoseconds: Double = 5_000) {
    self.kernels = kernels
    self.minimumPartNanoseconds = minimumPartNanoseconds
  }

  package var name: String { "swift" }

  package func assess(_ problem: StepProblem) -> Assessment {
    guard let kernel = kernel(for: problem) else {
      return .refuses(reason: "none of its kernels computes this step")
    }
    return .runs(kernel: kernel.name, nanoseconds: kernel.nanoseconds(problem))
  }

  package func memory(of problems: [StepProblem]) -> BackendMemory {
    var total = BackendMemory.none
    var workspaceByteCount = 0
    for problem in problems {
      guard let kernel = kernel(for: problem) else { continue }
      total = total + kernel.memory(problem)
      workspaceByteCount = max(workspaceByteCount, kernel.workspaceByteCount(problem))
    }
    return total
      + BackendMemory(
        sessionByteCount: saturatingProduct(workspaceByteCount, Workspace.reckonedThreadCount))
  }

  package func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
    var steps: [any PackedKernel] = []
    for problem in problems {
      guard let kernel = kernel(for: problem) else {
        preconditionFailure("step '\(problem.name)' was not assessed as runnable")
      }
      steps.append(try kernel.pack(problem))
    }
    return SwiftPackedSteps(steps: steps, minimumPartNanoseconds: minimumPartNanoseconds)
  }

  /// The cheapest kernel that supports the problem; of equals, the first.
  private func kernel(for problem: StepProblem) -> Kernel? {
    kernels.filter { $0.supports(problem) }
      .min { $0.nanoseconds(problem) < $1.nanoseconds(problem) }
  }
}

/// The packed weights of a plan's steps on the `swift` backend.
struct SwiftPackedSteps: PackedSteps {
  let steps: [any PackedKernel]
  let minimumPartNanoseconds: Double

  var sharedByteCount: Int { steps.reduce(0) { $0 + $1.sharedByteCount } }

  func prepare(
    _ bindings: [StepBinding], threadCount: Int
  ) throws(BackendError) -> [any PreparedStep] {
    precondition(bindings.count == steps.count)
    let pool: ThreadPool
    do { pool = try ThreadPool(threadCount: threadCount) } catch { throw .thread(error) }
    let workspace = try Workspace(
      byteCount: steps.reduce(0) { max($0, $1.workspaceByteCount) }, threadCount: threadCount)
    let workers = Workers(
      pool: pool, minimumPartNanoseconds: minimumPartNanoseconds, workspace: workspace)
    var prepared: [any PreparedStep] = []
    for (step, binding) in zip(steps, bindings) {
      prepared.append(try step.prepare(binding, workers: workers))
    }
    return prepared
  }
}
