import MNV4Core
import MNV4Graph
import Testing

/// Runs seeded problems on everything that says it can run them, and compares every byte.
struct IntegerConformance {
  /// Problems of each kind.
  #if DEBUG
    static let problemCount = 500
  #else
    static let problemCount = 10_000
  #endif

  private static let backends = kernelBackends + conformanceBackends
  /// After so many failures the rest of the problems is left out.
  private static let failureLimit = 3

  private var failureCount = 0
  private(set) var kernels: Set<String> = []

  /// Checks problems numbered from 0 on. `make` throws for the few whose numbers are out of bounds.
  ///
  /// - Returns: the names of the kernels that ran.
  @discardableResult
  static func check(
    count: Int = problemCount, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: (inout SeededRandom) throws -> IntegerProblem
  ) -> Set<String> {
    var conformance = IntegerConformance()
    var checked = 0
    var seed = 0
    while checked < count, conformance.failureCount < failureLimit {
      var random = SeededRandom(seed)
      seed += 1
      guard seed <= 2 * count + 10 else {
        Issue.record(
          "too few valid problems: \(checked) of \(seed)", sourceLocation: sourceLocation)
        break
      }
      let problem: IntegerProblem
      do { problem = try make(&random) } catch is GraphError { continue } catch is QuantizationError
      {
        continue
      } catch {
        Issue.record(error, sourceLocation: sourceLocation)
        break
      }
      conformance.check(problem, number: checked, sourceLocation)
      checked += 1
    }
    return conformance.kernels
  }

  private mutating func check(
    _ problem: IntegerProblem, number: Int, _ sourceLocation: SourceLocation
  ) {
    var isRun = false
    for backend in Self.backends {
      guard case .runs(let kernel, let nanoseconds) = backend.assess(problem.step) else { continue }
      isRun = true
      kernels.insert(kernel)
      do {
        let packed = try backend.pack([problem.step])
        let memory = backend.memory(of: [problem.step]).sharedByteCount
        if packed.sharedByteCount != memory || !(nanoseconds >= 0 && nanoseconds.isFinite) {
          fail(
            "packs \(packed.sharedByteCount) bytes, not \(memory)", kernel, problem, sourceLocation)
        }
        for threadCount in Self.threadCounts(of: backend, number: number) {
          let fault = try Self.fault(packed, problem, threadCount: threadCount, inPlace: false)
          if let fault {
            fail("\(threadCount) threads: \(fault)", kernel, problem, sourceLocation)
          }
        }
        if problem.allowsInPlace,
          let fault = try Self.fault(
            packed, problem, threadCount: number % 16 == 0 ? 2 : 1, inPlace: true)
        {
          fail("in place: \(fault)", kernel, problem, sourceLocation)
        }
      } catch {
        fail("throws \(error)", kernel, problem, sourceLocation)
      }
    }
    if !isRun { fail("no kernel runs it", "", problem, sourceLocation) }
  }

  /// Starting threads takes longer than most problems: not every problem is given several.
  private static func threadCounts(of backend: any Backend, number: Int) -> [Int] {
    if number % 64 == 0 { return backend.name == "xnnpack" ? [1, 2] : [1, 2, 8] }
    return number % 8 == 0 ? [1, 2] : [1]
  }

  private mutating func fail(
    _ fault: String, _ kernel: String, _ problem: IntegerProblem,
    _ sourceLocation: SourceLocation
  ) {
    failureCount += 1
    Issue.record("\(kernel): \(fault): \(problem)", sourceLocation: sourceLocation)
  }

  /// What is wrong with the output of the second of two runs; nil where nothing is.
  private static func fault(
    _ packed: any PackedSteps, _ problem: IntegerProblem, threadCount: Int, inPlace: Bool
  ) throws -> String? {
    let inputs = try problem.inputs.map { try GuardedBytes($0) }
    let output =
      inPlace ? inputs[0] : try GuardedBytes(outputCount: problem.expected.count)
    let steps = try packed.prepare(
      [StepBinding(inputs: inputs.map { UnsafeRawPointer($0.pointer) }, output: output.pointer)],
      threadCount: threadCount)
    guard steps.count == 1 else { return "\(steps.count) steps" }
    steps[0].run()
    if !inPlace { steps[0].run() }
    guard output.isWhole else { return "wrote outside the output" }
    for (input, bytes) in zip(inputs, problem.inputs).dropFirst(inPlace ? 1 : 0)
    where !input.equals(bytes) || !input.isWhole {
      return "changed an input"
    }
    guard !output.equals(problem.expected) else { return nil }
    let found = output.bytes
    let misses = found.indices.filter { found[$0] != problem.expected[$0] }
    return
      "\(misses.count) of \(found.count) bytes are off; number \(misses[0]) is "
      + "\(found[misses[0]]), expected \(problem.expected[misses[0]])"
  }
}
