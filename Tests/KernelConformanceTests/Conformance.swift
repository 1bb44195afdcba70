import MNV4Core
import MNV4Graph
import Testing

/// Runs a problem on everything that says it can, and compares.
enum Conformance {
  /// XNNPACK's waiting threads poll: more of them than processors make each run take milliseconds.
  static func threadCounts(of backend: any Backend) -> [Int] {
    backend.name == "xnnpack" ? [1, 2] : [1, 2, 8]
  }

  /// - Returns: the names of the kernels that ran it.
  @discardableResult
  static func check(
    _ problem: KernelProblem, on backends: [any Backend] = kernelBackends + conformanceBackends,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Set<String> {
    var names: Set<String> = []
    for backend in backends {
      guard case .runs(let kernel, let nanoseconds) = backend.assess(problem.step) else { continue }
      names.insert(kernel)
      #expect(nanoseconds >= 0 && nanoseconds.isFinite, sourceLocation: sourceLocation)
      let packed = try backend.pack([problem.step])
      #expect(
        packed.sharedByteCount == backend.memory(of: [problem.step]).sharedByteCount,
        "\(kernel) packs other than it said: \(problem)", sourceLocation: sourceLocation)
      var first: [UInt32]?
      for threadCount in threadCounts(of: backend) {
        let output = try run(packed, problem, threadCount: threadCount, inPlace: false)
        if let first {
          #expect(
            output.bits == first,
            "\(kernel) with \(threadCount) threads gives other bits than with one: \(problem)",
            sourceLocation: sourceLocation)
        } else {
          first = output.bits
          compare(output.elements, problem, kernel, sourceLocation)
        }
      }
      guard problem.step.operation.allowsInPlace else { continue }
      let output = try run(packed, problem, threadCount: 2, inPlace: true)
      #expect(
        output.bits == first, "\(kernel) in place gives other bits: \(problem)",
        sourceLocation: sourceLocation)
    }
    #expect(!names.isEmpty, "no kernel runs \(problem)", sourceLocation: sourceLocation)
    return names
  }

  /// The output of the second of two runs of a prepared step.
  private static func run(
    _ packed: any PackedSteps, _ problem: KernelProblem, threadCount: Int, inPlace: Bool
  ) throws -> GuardedTensor {
    let inputs = try problem.inputs.map { try GuardedTensor($0) }
    let output =
      inPlace
      ? inputs[0] : try GuardedTensor(outputCount: problem.step.output.shape.elementCount)
    let around = output.guardBits
    let steps = try packed.prepare(
      [StepBinding(inputs: inputs.map { UnsafeRawPointer($0.pointer) }, output: output.pointer)],
      threadCount: threadCount)
    try #require(steps.count == 1)
    steps[0].run()
    if !inPlace { steps[0].run() }
    #expect(output.guardBits == around, "wrote outside the output: \(problem)")
    for (input, elements) in zip(inputs, problem.inputs).dropFirst(inPlace ? 1 : 0) {
      #expect(input.equals(elements), "changed an input: \(problem)")
    }
    return output
  }

  private static func compare(
    _ elements: [Float], _ problem: KernelProblem, _ kernel: String,
    _ sourceLocation: SourceLocation
  ) {
    #expect(elements.count == problem.expected.count, sourceLocation: sourceLocation)
    let misses = zip(elements, problem.expected).enumerated().filter { !$1.1.accepts($1.0) }
    guard let (index, (found, expected)) = misses.first else { return }
    Issue.record(
      """
      \(kernel): \(misses.count) of \(elements.count) elements are off; number \(index) is \
      \(found), expected \(expected.value) ± \(expected.tolerance): \(problem)
      """, sourceLocation: sourceLocation)
  }
}
