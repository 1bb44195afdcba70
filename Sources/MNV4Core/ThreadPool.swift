internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Work that a pool splits by index. An object rather than a closure, so that handing it over
/// allocates nothing.
package protocol ParallelTask: AnyObject {
  /// Does the part numbered `index`. Parts run in any order, on any thread, at the same time.
  func run(part index: Int)
}

/// Threads that wait for work, owned by one session: the caller works too, so a pool of one thread
/// starts none.
///
/// `run` is called by one thread at a time. Workers poll briefly for the next task, then sleep.
///
/// `@unchecked Sendable`: all shared state is in `State`, which is guarded as described there.
package final class ThreadPool: @unchecked Sendable {
  package let threadCount: Int
  private let state = State()
  private var threads: [pthread_t] = []

  package init(threadCount: Int) throws(ThreadError) {
    precondition(threadCount >= 1)
    self.threadCount = threadCount
    for _ in 1..<threadCount {
      let argument = Unmanaged.passRetained(state).toOpaque()
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let code = pthread_create(&thread, nil, poolWorker, argument)
      guard code == 0 else {
        Unmanaged<State>.fromOpaque(argument).release()
        stop()
        throw ThreadError(code: code)
      }
      #if canImport(Darwin)
        threads.append(thread!)
      #else
        threads.append(thread)
      #endif
    }
  }

  deinit { stop() }

  /// Runs parts 0 ..< `partCount` of `task` and returns when all have ended.
  package func run(_ task: some ParallelTask, partCount: Int) {
    guard !threads.isEmpty, partCount > 1 else {
      for index in 0..<max(partCount, 0) { task.run(part: index) }
      return
    }
    state.publish(task, partCount: partCount, workerCount: threads.count)
    state.work(on: task, partCount: partCount)
    state.waitForWorkers()
  }

  private func stop() {
    state.stop()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }
}

/// The system would not start a thread.
package struct ThreadError: Error, Hashable, CustomStringConvertible {
  package let code: Int32

  package var description: String { "cannot start a thread: \(String(cString: strerror(code)))" }
}

/// A worker's life: sleep until a task is published, take parts until none is left.
private func poolWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let state = Unmanaged<State>.fromOpaque(argument!).takeRetainedValue()
  var seen = 0
  while state.workOnNextTask(after: &seen) { state.workerDone() }
  return nil
}

/// What the caller and the workers share.
///
/// `@unchecked Sendable`: `task` and `partCount` are written only while no worker runs a task, before
/// `generation` is advanced (releasing), and read after it is seen to have advanced (acquiring). The
/// condition variables only put threads to sleep.
private final class State: @unchecked Sendable {
  private static let pollCount = 2_000

  private var task: (any ParallelTask)?
  private var partCount = 0
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let busyWorkers = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let published = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    published.initialize(to: pthread_cond_t())
    finished.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(published, nil)
    pthread_cond_init(finished, nil)
  }

  deinit {
    pthread_cond_destroy(finished)
    pthread_cond_destroy(published)
    pthread_mutex_destroy(mutex)
    finished.deallocate()
    published.deallocate()
    mutex.deallocate()
  }

  func publish(_ task: some ParallelTask, partCount: Int, workerCount: Int) {
    self.task = task
    self.partCount = partCount
    nextPart.store(0, ordering: .relaxed)
    busyWorkers.store(workerCount, ordering: .relaxed)
    pthread_mutex_lock(mutex)
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(published)
    pthread_mutex_unlock(mutex)
  }

  func work(on task: some ParallelTask, partCount: Int) {
    while true {
      let part = nextPart.add(1, ordering: .relaxed).oldValue
      guard part < partCount else { return }
      task.run(part: part)
    }
  }

  /// Waits for a task newer than `seen` and takes parts of it until none is left; false where the
  /// pool is ending. Holds no reference to the task once it returns: the caller of `run` may drop the
  /// last one, and the pool with it.
  func workOnNextTask(after seen: inout Int) -> Bool {
    guard let (task, partCount, generation) = nextTask(after: seen) else { return false }
    seen = generation
    work(on: task, partCount: partCount)
    return true
  }

  private func nextTask(after seen: Int) -> (any ParallelTask, Int, Int)? {
    func isNews() -> Bool {
      generation.load(ordering: .acquiring) != seen || stopping.load(ordering: .acquiring)
    }
    var polls = 0
    while !isNews() && polls < Self.pollCount { polls += 1 }
    if !isNews() {
      pthread_mutex_lock(mutex)
      while !isNews() { pthread_cond_wait(published, mutex) }
      pthread_mutex_unlock(mutex)
    }
    guard !stopping.load(ordering: .acquiring), let task else { return nil }
    return (task, partCount, generation.load(ordering: .acquiring))
  }

  func workerDone() {
    guard busyWorkers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(finished)
    pthread_mutex_unlock(mutex)
  }

  func waitForWorkers() {
    var polls = 0
    while busyWorkers.load(ordering: .acquiring) > 0 && polls < Self.pollCount { polls += 1 }
    if busyWorkers.load(ordering: .acquiring) > 0 {
      pthread_mutex_lock(mutex)
      while busyWorkers.load(ordering: .acquiring) > 0 { pthread_cond_wait(finished, mutex) }
      pthread_mutex_unlock(mutex)
    }
    task = nil
  }

  func stop() {
    stopping.store(true, ordering: .releasing)
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(published)
    pthread_mutex_unlock(mutex)
  }
}
