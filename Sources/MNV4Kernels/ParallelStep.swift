import MNV4Core
import MNV4Graph

/// The work of a step, split into parts that write disjoint elements of the output.
/// Holds pointers and sizes only, so that copying it costs nothing.
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

  init(_ body: Body, partCount: Int, pool: ThreadPool, keeping buffers: [AlignedBuffer] = []) {
    self.body = body
    self.partCount = partCount
    self.pool = pool
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
    for step in steps { step.run() }
  }
}

/// `0 ..< count` cut into runs of whole units.
struct Partition {
  let count: Int
  /// Items of a part; a multiple of the unit.
  let length: Int

  /// Cuts for `threadCount` threads: several parts a thread, none much shorter than
  /// `minimumNanoseconds` of work.
  init(
    count: Int, unit: Int = 1, nanosecondsPerItem: Double, threadCount: Int,
    minimumNanoseconds: Double = 5_000
  ) {
    self.count = count
    guard threadCount > 1 else {
      length = max(count, 1)
      return
    }
    let affordable = Int((Double(count) * nanosecondsPerItem / minimumNanoseconds).rounded(.up))
    let parts = max(1, min(affordable, threadCount * 4))
    let units = (count + unit - 1) / unit
    length = max((units + parts - 1) / parts, 1) * unit
  }

  var partCount: Int { (count + length - 1) / length }

  subscript(_ part: Int) -> Range<Int> {
    let start = part &* length
    return start..<min(start &+ length, count)
  }
}
