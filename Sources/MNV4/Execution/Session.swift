internal import MNV4Core
package import MNV4Graph

/// One caller's memory and threads for running a network. Not for use by two threads at once.
///
/// A program with many callers makes a session for each that runs at the same time, all from one
/// `Model`; with as many of them as processors, one thread each serves most pictures a second. An actor
/// that holds a session is the simplest way to share it.
///
/// Everything is settled when it is made: a run allocates nothing, but for the output where the
/// caller still holds the one before.
public final class Session {
  /// The number of threads that work on one inference.
  public let threadCount: Int
  private let plan: ExecutionPlan
  private let arena: AlignedBuffer
  private let steps: [any PreparedStep]
  private var output: Tensor

  package init(plan: ExecutionPlan, options: SessionOptions) throws(MNV4Error) {
    let threadCount = try options.threadCount()
    self.plan = plan
    self.threadCount = threadCount
    do throws(AllocationError) {
      arena = try AlignedBuffer(byteCount: plan.arenaByteCount)
    } catch { throw MNV4Error(.outOfResources, error.description) }
    output = try Tensor(plan.output.shape)
    steps = try Self.prepare(plan, arena: arena, threadCount: threadCount)
  }

  private static func prepare(
    _ plan: ExecutionPlan, arena: AlignedBuffer, threadCount: Int
  ) throws(MNV4Error) -> [any PreparedStep] {
    let threads = SessionThreads(count: threadCount)
    var prepared = [(any PreparedStep)?](repeating: nil, count: plan.steps.count)
    for share in plan.shares {
      let bindings = share.stepIndices.map { index in
        let step = plan.steps[index]
        return StepBinding(
          inputs: step.inputs.map {
            UnsafeRawPointer(arena.pointer(at: $0.offset, as: UInt8.self))
          },
          output: UnsafeMutableRawPointer(arena.pointer(at: step.output.offset, as: UInt8.self)),
          scratch: step.scratch.map {
            UnsafeMutableRawPointer(arena.pointer(at: $0.offset, as: UInt8.self))
          })
      }
      do throws(BackendError) {
        let own = try share.packed.prepare(bindings, threads: threads)
        for (index, step) in zip(share.stepIndices, own) { prepared[index] = step }
      } catch {
        throw MNV4Error(.outOfResources, error.description)
      }
    }
    return prepared.compactMap(\.self)
  }

  /// Runs the network on `input`, which has the shape of the model's input.
  ///
  /// A network of integers works on the integers nearest to the numbers of `input`, and the output
  /// holds the numbers that its integers stand for.
  ///
  /// - Returns: the output; for a classifier the logits `[N, classes]`.
  /// - Throws: `invalidArgument` where the shape is another.
  public func run(_ input: Tensor) throws(MNV4Error) -> Tensor {
    try copy(input)
    runSteps()
    return try takeOutput()
  }

  /// What the session's memory holds of the input. Its integers may be others than those of the model,
  /// which stand for the same numbers.
  package var inputValue: Value { plan.input.value }

  /// Runs the network on what `fill` writes: every element of the input, row major, of the element
  /// type of `inputValue`.
  package func run(
    filling fill: (UnsafeMutableRawBufferPointer) throws(MNV4Error) -> Void
  ) throws(MNV4Error) -> Tensor {
    try fill(inputBytes)
    runSteps()
    return try takeOutput()
  }

  // MARK: Step by step

  /// The number of steps, those of the plan.
  package var stepCount: Int { steps.count }

  /// Has `fill` write every element of the input, row major, of the element type of `inputValue`, and
  /// runs nothing.
  package func fillInput(
    _ fill: (UnsafeMutableRawBufferPointer) throws(MNV4Error) -> Void
  ) throws(MNV4Error) {
    try fill(inputBytes)
  }

  /// Runs one step on what the steps before it left.
  package func runStep(_ index: Int) { steps[index].run() }

  /// The elements of a step's operand, until a later step overwrites them.
  package func input(_ operand: Int, ofStep index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(bytes(of: plan.steps[index].inputs[operand]))
  }

  /// The elements of a step's output, until a later step overwrites them.
  package func output(ofStep index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(bytes(of: plan.steps[index].output))
  }

  /// Puts other elements in the place of a step's output, before later steps read it.
  package func replaceOutput(ofStep index: Int, with elements: UnsafeRawBufferPointer) {
    bytes(of: plan.steps[index].output).copyMemory(from: elements)
  }

  /// Runs the network as `run` does, and adds the time of each step to `profile`.
  package func run(_ input: Tensor, profile: inout Profile) throws(MNV4Error) -> Tensor {
    try copy(input)
    profile.beginRun(stepCount: steps.count)
    for index in steps.indices {
      steps[index].run()
      profile.endStep(index)
    }
    return try takeOutput()
  }

  /// By index: without optimization, an array's iterator allocates for every element.
  private func runSteps() {
    for index in steps.indices { steps[index].run() }
  }

  private var inputBytes: UnsafeMutableRawBufferPointer { bytes(of: plan.input) }

  private func bytes(of slot: ExecutionPlan.Slot) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: arena.pointer(at: slot.offset, as: UInt8.self), count: slot.byteCount)
  }

  private func copy(_ input: Tensor) throws(MNV4Error) {
    guard input.shape == plan.input.shape.dimensions else {
      throw MNV4Error(
        .invalidArgument,
        "input: expected shape \(plan.input.shape), found \(Shape.describe(input.shape))")
    }
    input.withUnsafeElements { plan.input.value.write($0, to: inputBytes) }
  }

  private func takeOutput() throws(MNV4Error) -> Tensor {
    if !output.isUnshared { output = try Tensor(plan.output.shape) }
    let result = UnsafeRawBufferPointer(bytes(of: plan.output))
    output.withUnsafeMutableElements { plan.output.value.read(result, into: $0) }
    return output
  }
}
