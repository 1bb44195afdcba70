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
  ///
  /// - Parameter thread: that runs it, from 0, the caller's: of one number there is one part at a time.
  func run(part index: Int, thread: Int)
}

/// Threads that wait for work, owned by one session: the caller works too, so a pool of one thread
/// starts none.
///
/// Each thread begins with its share of the parts, the first of them the caller's: parts that lie side by side
/// in memory are on one core in every task. Who has done its share helps the others.
///
/// `run` is called by one thread at a time. Workers poll for the next task for a fraction of a
/// millisecond, more than lies between two steps of an inference, then sleep.
///
/// `@unchecked Sendable`: all shared state is in `State`, which is guarded as described there.
package final class ThreadPool: @unchecked Sendable {
  package let threadCount: Int
  private let state: State
  private var threads: [pthread_t] = []

  package init(threadCount: Int) throws(ThreadError) {
    precondition(threadCount >= 1)
    self.threadCount = threadCount
    state = State(threadCount: threadCount)
    for number in 1..<threadCount {
      let argument = Unmanaged.passRetained(Worker(number: number, state: state)).toOpaque()
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let code = pthread_create(&thread, nil, poolWorker, argument)
      guard code == 0 else {
        Unmanaged<Worker>.fromOpaque(argument).release()
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

  /// The parts that a thread begins with.
  package static func share(
    of partCount: Int, thread: Int, threadCount: Int
  ) -> Range<Int> {
    // One part is the caller's.
    guard partCount > 1 else { return 0..<(thread == 0 ? partCount : 0) }
    return partCount &* thread / threadCount..<partCount &* (thread &+ 1) / threadCount
  }

  /// Runs parts 0 ..< `partCount` of `task`, fewer than 2³¹, and returns when all have ended.
  package func run(_ task: some ParallelTask, partCount: Int) {
    guard !threads.isEmpty, partCount > 1 else {
      for index in 0..<max(partCount, 0) { task.run(part: index, thread: 0) }
      return
    }
    state.publish(task, partCount: partCount)
    state.work(as: 0)
    state.waitForEnd()
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
  let worker = Unmanaged<Worker>.fromOpaque(argument!).takeRetainedValue()
  while worker.state.waitForParts(worker.number) { worker.state.work(as: worker.number) }
  return nil
}

/// What a worker's thread begins with.
private final class Worker: Sendable {
  /// From 1: the caller is thread 0.
  let number: Int
  let state: State

  init(number: Int, state: State) {
    self.number = number
    self.state = state
  }
}

/// The parts of a thread's share that nobody has claimed, in one word: its thread takes the first of them, who
/// helps it the last.
private struct Claims: Equatable {
  let word: UInt64

  static let none = Claims(word: 0)
  /// No parts, and none to come.
  static let ended = Claims(word: UInt64.max)

  init(word: UInt64) { self.word = word }

  init(_ parts: Range<Int>) {
    word = UInt64(UInt32(parts.upperBound)) << 32 | UInt64(UInt32(parts.lowerBound))
  }

  private var first: UInt64 { word & UInt64(UInt32.max) }
  private var end: UInt64 { word >> 32 }

  var isEmpty: Bool { first == end }

  func claimFirst() -> (part: Int, rest: Claims)? {
    isEmpty ? nil : (Int(first), Claims(word: word &+ 1))
  }

  func claimLast() -> (part: Int, rest: Claims)? {
    isEmpty ? nil : (Int(end) &- 1, Claims(word: word &- 1 << 32))
  }
}

/// What one thread has to do, on cache lines of its own: others look at them when their own share is done.
private struct Share: ~Copyable {
  let claims = Atomic<UInt64>(Claims.none.word)
  /// Of the claims.
  unowned(unsafe) var task: (any ParallelTask)?

  /// Two cache lines, as processors fetch them in pairs.
  static let byteCount = 128
}

/// What the caller and the workers share.
///
/// A part is claimed by taking it from a share's claims. Who claims a part holds the task until it says that
/// the part has ended, which it does for all that it claimed at once, when there is nothing left to claim: the
/// caller waits for all parts to end before it publishes another task or returns. Claims that have become those of
/// another task meanwhile are as good: what they say nobody has claimed is so.
///
/// `@unchecked Sendable`: `task` of a share is written only while no part is claimed or left, before its claims
/// are stored (releasing); it is read after one of them was claimed. The condition variables only put threads to
/// sleep: who is about to sleep says so first and looks again, who has news tells it first and looks for
/// sleepers, all in one order.
private final class State: @unchecked Sendable {
  /// Polls before a thread sleeps: a fifth of a millisecond or so, longer than a step that only one thread
  /// works on, as waking takes long on virtual machines. It does not yield meanwhile: a thread that
  /// yields stays on a processor that it shares with who it waits for, one that sleeps is woken on an
  /// idle one.
  private static let pollCount = 200_000

  private let threadCount: Int
  private let shares: UnsafeMutableRawPointer
  /// Apart from what else changes: the caller polls for it.
  private let unfinishedParts: UnsafeMutablePointer<Atomic<Int>>
  private let sleepingWorkers = Atomic<Int>(0)
  private let isCallerAsleep = Atomic<Bool>(false)

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let published = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(threadCount: Int) {
    self.threadCount = threadCount
    shares = .allocate(
      byteCount: Share.byteCount * (threadCount + 1), alignment: Share.byteCount)
    for thread in 0..<threadCount {
      (shares + thread * Share.byteCount).initializeMemory(as: Share.self, to: Share())
    }
    unfinishedParts = (shares + threadCount * Share.byteCount)
      .initializeMemory(as: Atomic<Int>.self, to: Atomic(0))
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
    shares.deallocate()
  }

  private func share(_ thread: Int) -> UnsafeMutablePointer<Share> {
    (shares + thread &* Share.byteCount).assumingMemoryBound(to: Share.self)
  }

  // MARK: The caller

  /// - Parameter partCount: 1 to 2³¹ − 1.
  func publish(_ task: some ParallelTask, partCount: Int) {
    precondition(partCount <= Int(Int32.max))
    unfinishedParts.pointee.store(partCount, ordering: .relaxed)
    // The caller's own share last: meanwhile workers begin.
    var thread = threadCount
    while thread > 0 {
      thread &-= 1
      let parts = ThreadPool.share(of: partCount, thread: thread, threadCount: threadCount)
      share(thread).pointee.task = task
      share(thread).pointee.claims.store(Claims(parts).word, ordering: .releasing)
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard sleepingWorkers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    wake(published)
  }

  func waitForEnd() {
    guard !polls(for: { isDone }) else { return }
    pthread_mutex_lock(mutex)
    isCallerAsleep.store(true, ordering: .sequentiallyConsistent)
    while !isDone { pthread_cond_wait(finished, mutex) }
    isCallerAsleep.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private var isDone: Bool { unfinishedParts.pointee.load(ordering: .sequentiallyConsistent) == 0 }

  /// Nothing is published any more.
  func stop() {
    for thread in 0..<threadCount {
      share(thread).pointee.claims.store(Claims.ended.word, ordering: .sequentiallyConsistent)
    }
    wake(published)
  }

  // MARK: Everyone

  /// Takes parts until none is left.
  func work(as thread: Int) {
    var count = 0
    while run(from: thread, as: thread) { count &+= 1 }
    var other = thread &+ 1 == threadCount ? 0 : thread &+ 1
    while other != thread {
      while run(from: other, as: thread) { count &+= 1 }
      other = other &+ 1 == threadCount ? 0 : other &+ 1
    }
    if count > 0 { finish(count) }
  }

  /// Runs a part of the share of thread `owner`; false where none is left.
  @inline(__always)
  private func run(from owner: Int, as thread: Int) -> Bool {
    let share = share(owner)
    var seen = Claims(word: share.pointee.claims.load(ordering: .acquiring))
    while let (part, rest) = owner == thread ? seen.claimFirst() : seen.claimLast() {
      let (exchanged, original) = share.pointee.claims.weakCompareExchange(
        expected: seen.word, desired: rest.word, successOrdering: .acquiring,
        failureOrdering: .acquiring)
      if exchanged {
        share.pointee.task.unsafelyUnwrapped.run(part: part, thread: thread)
        return true
      }
      seen = Claims(word: original)
    }
    return false
  }

  /// Says that parts have ended. Their task is held no longer: the caller of `run` may drop the last reference
  /// then, and the pool with it.
  private func finish(_ count: Int) {
    let left = unfinishedParts.pointee.subtract(count, ordering: .sequentiallyConsistent).newValue
    if left == 0, isCallerAsleep.load(ordering: .sequentiallyConsistent) { wake(finished) }
  }

  private func wake(_ condition: UnsafeMutablePointer<pthread_cond_t>) {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Whether `condition` comes to hold while it is polled for.
  @inline(__always)
  private func polls(for condition: () -> Bool) -> Bool {
    for _ in 0..<Self.pollCount where condition() { return true }
    return condition()
  }

  // MARK: A worker

  /// Waits until its thread has a share of a task; false where the pool is ending.
  func waitForParts(_ thread: Int) -> Bool {
    if !polls(for: { hasNews(thread) }) {
      pthread_mutex_lock(mutex)
      sleepingWorkers.add(1, ordering: .sequentiallyConsistent)
      while !hasNews(thread) { pthread_cond_wait(published, mutex) }
      sleepingWorkers.subtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
    return share(thread).pointee.claims.load(ordering: .relaxed) != Claims.ended.word
  }

  @inline(__always)
  private func hasNews(_ thread: Int) -> Bool {
    let seen = Claims(
      word: share(thread).pointee.claims.load(ordering: .sequentiallyConsistent))
    return !seen.isEmpty || seen == .ended
  }
}
