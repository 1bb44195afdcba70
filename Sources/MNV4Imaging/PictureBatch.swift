package import MNV4
internal import MNV4Core
internal import Synchronization

/// Many pictures, classified by several threads: each takes the next picture and classifies it with a
/// session of its own.
package struct PictureBatch: Sendable {
  /// The best classes of a picture, the most probable first, or why there are none.
  package typealias Outcome = Result<[Int], MNV4Error>

  package let paths: [String]

  package init(paths: [String]) { self.paths = paths }

  /// Classifies all of them.
  ///
  /// - Parameters:
  ///   - options: with the number of threads that work at the same time.
  ///   - top: how many classes of each.
  ///   - advance: called after each picture, from any thread.
  /// - Returns: an outcome for each, in order.
  /// - Throws: what `ImageClassifier` throws for the model, `outOfResources` where threads are refused.
  package func classify(
    with model: Model, options: SessionOptions, top: Int = 1,
    advance: @escaping @Sendable () -> Void = {}
  ) throws(MNV4Error) -> [Outcome] {
    let workerCount = max(min(options.threads ?? Processors.available(), paths.count), 1)
    var single = options
    single.threads = 1
    var classifiers: [ImageClassifier] = []
    for _ in 0..<workerCount {
      classifiers.append(try ImageClassifier(model: model, options: single))
    }
    let task = Task(paths: paths, classifiers: classifiers, top: top, advance: advance)
    let pool: ThreadPool
    do { pool = try ThreadPool(threadCount: workerCount) } catch {
      throw MNV4Error(.outOfResources, error.description)
    }
    pool.run(task, partCount: workerCount)
    return task.outcomes
  }

  private final class Task: ParallelTask {
    private let paths: [String]
    private let classifiers: [ImageClassifier]
    private let top: Int
    private let advance: @Sendable () -> Void
    private let next = Atomic<Int>(0)
    private let results: Mutex<[Outcome?]>

    init(
      paths: [String], classifiers: [ImageClassifier], top: Int,
      advance: @escaping @Sendable () -> Void
    ) {
      self.paths = paths
      self.classifiers = classifiers
      self.top = top
      self.advance = advance
      results = Mutex([Outcome?](repeating: nil, count: paths.count))
    }

    var outcomes: [Outcome] { results.withLock { $0.compactMap(\.self) } }

    func run(part index: Int, thread _: Int) {
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < paths.count else { return }
        let outcome = Outcome { () throws(MNV4Error) in
          try classifiers[index].classify(imageAtPath: paths[number], top: top).map(\.index)
        }
        results.withLock { $0[number] = outcome }
        advance()
      }
    }
  }
}
