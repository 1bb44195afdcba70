import MNV4Core
import MNV4Graph

/// The work of a step, split into parts that write disjoint elements of the output.
/// Those of single operations hold pointers and sizes only.
protocol StepBody: ScratchStepBody {
  func run(part: Int)
}

extension StepBody {
  func run(part: Int, scratch _: UnsafeMutableRawPointer) { run(part: part) }
}

/// The same of a step whose parts need memory to work on.
protocol ScratchStepBody {
  /// - Parameter scratch: bytes that the step's kernel asked for and that no other part uses meanwhile, on a
  ///   64-byte boundary, of any contents.
  func run(part: Int, scratch: UnsafeMutableRawPointer)
}

/// A step that hands its parts to the threads of its session.
final class ParallelStep<Body: ScratchStepBody>: PreparedStep, ParallelTask {
  private let body: Body
  private let partCount: Int
  private let pool: ThreadPool
  private let workspace: Workspace
  /// What the body's pointers point into, besides the session's arena.
  private let buffers: [AlignedBuffer]

  init(_ body: Body, partCount: Int, workers: Workers, keeping buffers: [AlignedBuffer] = []) {
    self.body = body
    self.partCount = partCount
    pool = workers.pool
    workspace = workers.workspace
    self.buffers = buffers
  }

  func run() { pool.run(self, partCount: partCount) }

  func run(part index: Int, thread: Int) {
    body.run(part: index, scratch: workspace.slot(thread))
  }
}

/// Steps that run one after the other, as one.
final class StepSequence: PreparedStep {
  private let steps: [any PreparedStep]

  init(_ steps: [any PreparedStep]) { self.steps = steps }

  func run() {
    for index in steps.indices { steps[index].run() }
  }
}
