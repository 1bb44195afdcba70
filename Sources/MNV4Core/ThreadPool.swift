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
/// `run` is called by one thread at a time. Workers poll for the next task for a fraction of a
/// millisecond, more than lies between two steps of an inference, then sleep.
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
    state.publish(task, partCount: partCount)
    state.work()
    state.waitForParts()
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

/// A worker's life: wait until a task is published, take parts until none is left.
private func poolWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let state = Unmanaged<State>.fromOpaque(argument!).takeRetainedValue()
  while state.waitForTask() { state.work() }
  return nil
}

/// What the caller and the workers share.
///
/// A part is claimed by advancing `claims`, whose upper half numbers the tasks and whose lower half the
/// task's parts that are left. Who claims a part holds the task: the caller waits for all parts to end
/// before it publishes another or returns.
///
/// `@unchecked Sendable`: `task` and `partCount` are written only while no part is claimed or left,
/// before `claims` is stored (releasing); they are read after a part was claimed. The condition
/// variables only put threads to sleep: who is about to sleep says so first and looks again, who has
/// news tells it first and looks for sleepers, all in one order.
private final class State: @unchecked Sendable {
  /// Polls before a thread sleeps: a fifth of a millisecond or so, longer than a step that only one thread
  /// works on, as waking takes long on virtual machines. It does not yield meanwhile: a thread that
  /// yields stays on a processor that it shares with who it waits for, one that sleeps is woken on an
  /// idle one.
  private static let pollCount = 200_000
  private static let partMask: UInt64 = 0xFFFF_FFFF

  private var task: (any ParallelTask)?
  private var partCount = 0
  private var taskNumber: UInt64 = 0
  private let claims = Atomic<UInt64>(0)
  private let unfinishedParts = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let sleepingWorkers = Atomic<Int>(0)
  private let isCallerAsleep = Atomic<Bool>(false)

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

  // MARK: The caller

  /// - Parameter partCount: 1 to 2³² − 1.
  func publish(_ task: some ParallelTask, partCount: Int) {
    precondition(partCount <= Int(Self.partMask))
    self.task = task
    self.partCount = partCount
    taskNumber &+= 1
    unfinishedParts.store(partCount, ordering: .relaxed)
    claims.store(taskNumber &<< 32 | UInt64(partCount), ordering: .sequentiallyConsistent)
    guard sleepingWorkers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(published)
    pthread_mutex_unlock(mutex)
  }

  func waitForParts() {
    func isDone() -> Bool { unfinishedParts.load(ordering: .sequentiallyConsistent) == 0 }
    if !polls(for: isDone) {
      pthread_mutex_lock(mutex)
      isCallerAsleep.store(true, ordering: .sequentiallyConsistent)
      while !isDone() { pthread_cond_wait(finished, mutex) }
      isCallerAsleep.store(false, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
    task = nil
  }

  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(published)
    pthread_mutex_unlock(mutex)
  }

  // MARK: Everyone

  /// Takes parts until none is left.
  func work() {
    while let part = claimPart() {
      // Held until the part has ended and no longer: the caller of `run` may drop the last reference
      // then, and the pool with it.
      task.unsafelyUnwrapped.run(part: part)
      finishPart()
    }
  }

  /// Nil where none is left.
  private func claimPart() -> Int? {
    var seen = claims.load(ordering: .acquiring)
    while seen & Self.partMask > 0 {
      let (exchanged, original) = claims.weakCompareExchange(
        expected: seen, desired: seen &- 1, successOrdering: .acquiring,
        failureOrdering: .acquiring)
      // From the first on.
      if exchanged { return partCount &- Int(seen & Self.partMask) }
      seen = original
    }
    return nil
  }

  private func finishPart() {
    guard unfinishedParts.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
      isCallerAsleep.load(ordering: .sequentiallyConsistent)
    else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(finished)
    pthread_mutex_unlock(mutex)
  }

  /// Whether `condition` comes to hold while it is polled for.
  @inline(__always)
  private func polls(for condition: () -> Bool) -> Bool {
    for _ in 0..<Self.pollCount where condition() { return true }
    return condition()
  }

  // MARK: A worker

  /// Waits for parts; false where the pool is ending.
  func waitForTask() -> Bool {
    func isNews() -> Bool {
      claims.load(ordering: .sequentiallyConsistent) & Self.partMask > 0
        || stopping.load(ordering: .sequentiallyConsistent)
    }
    if !polls(for: isNews) {
      pthread_mutex_lock(mutex)
      sleepingWorkers.add(1, ordering: .sequentiallyConsistent)
      while !isNews() { pthread_cond_wait(published, mutex) }
      sleepingWorkers.subtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
    return !stopping.load(ordering: .sequentiallyConsistent)
  }
}
