import MNV4Core
import MNV4Graph

/// The work of a step, split into parts that write disjoint elements of the output.
/// Those of single operations hold pointers and sizes only.
protocol StepBody {
  func run(part: Int)
}

/// A step that hands its parts to the threads of its session.
final class ParallelStep<Body: StepBody>: PreparedStep, ParallelTask {
  private let body: Body
  private let partCount: Int
  private let pool: ThreadPool
  /// What the body's pointers point into, besides the session's arena.
  private let buffers: [AlignedBuffer]

  init(_ body: Body, partCount: Int, workers: Workers, keeping buffers: [AlignedBuffer] = []) {
    self.body = body
    self.partCount = partCount
    pool = workers.pool
    self.buffers = buffers
  }

  func run() { pool.run(self, partCount: partCount) }

  func run(part index: Int) { body.run(part: index) }
}

/// Steps that run one after the other, as one.
final class StepSequence: PreparedStep {
  private let steps: [any PreparedStep]

  init(_ steps: [any PreparedStep]) { self.steps = steps }

  func run() {
    for index in steps.indices { steps[index].run() }
  }
}
