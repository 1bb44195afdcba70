import MNV4Core
import MNV4Graph
import MNV4Kernels

extension KernelBackend {
  /// Each kernel of `microkernels` whose name has the text, by itself, sharing even the smallest step
  /// among its threads.
  static func single(named text: String) -> [KernelBackend] {
    microkernelFamilies.flatMap(\.kernels).filter { $0.name.contains(text) }
      .map { KernelBackend(name: "kernel", kernels: [$0], minimumPartNanoseconds: 0) }
  }

  /// Nil where it refuses the problem.
  func kernelName(_ problem: StepProblem) -> String? {
    if case .runs(let kernel, _) = assess(problem) { kernel } else { nil }
  }

  /// The bits of the output on one thread.
  func run(_ step: StepProblem, _ inputs: [[Float]]) throws -> [UInt32] {
    let packed = try pack([step])
    let sources = try inputs.map { try GuardedTensor($0) }
    let target = try GuardedTensor(outputCount: step.output.shape.elementCount)
    let steps = try packed.prepare(
      [StepBinding(inputs: sources.map { UnsafeRawPointer($0.pointer) }, output: target.pointer)],
      threadCount: 1)
    return withExtendedLifetime(sources) {
      steps[0].run()
      return target.bits
    }
  }
}
