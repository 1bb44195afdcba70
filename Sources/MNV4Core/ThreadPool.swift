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

  /// Runs parts 0 ..< `partCount` of `task` and returns when all have ended.
  package func run(_ task: some ParallelTask, partCount: Int) {
    guard !threads.isEmpty, partCount > 1 else {
      for index in 0..<max(partCount, 0) { task.run(part: index) }
      return
    }
    state.publish(task, partCount: partCount)
    state.work(as: 0)
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
  let worker = Unmanaged<Worker>.fromOpaque(argument!).takeRetainedValue()
  while worker.state.waitForTask() { worker.state.work(as: worker.number) }
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

/// The parts of a task that nobody has claimed, in one word, which is 0 where there are none.
private struct Claims {
  let word: UInt64

  /// Up to so many parts each have a bit, and above those stands how many there were; of more parts, which
  /// are claimed in order, the word has the number that is left.
  private static let maximumBitCount: UInt64 = 56
  private static let bits: UInt64 = (1 << maximumBitCount) - 1
  private static let isCounted: UInt64 = 1 << 63

  init(word: UInt64) { self.word = word }

  /// - Parameter partCount: 1 to 2³² − 1.
  init(partCount: Int) {
    let count = UInt64(partCount)
    word =
      count > Self.maximumBitCount
      ? Self.isCounted | count : count << Self.maximumBitCount | ((1 << count) - 1)
  }

  /// What a thread claims, and what is left then; nil where there is nothing left. Its own share from the
  /// first part on, then of the others' what they come to last.
  func claim(thread: Int, of threadCount: Int) -> (claim: Claim, rest: Claims)? {
    guard word > 0 else { return nil }
    if word & Self.isCounted > 0 {
      let left = word & ~Self.isCounted
      return (.fromEnd(Int(left)), Claims(word: left > 1 ? word &- 1 : 0))
    }
    let mask = word & Self.bits
    let count = Int(word >> Self.maximumBitCount)
    let own = mask & Self.bits(count * thread / threadCount..<count * (thread + 1) / threadCount)
    let part = own > 0 ? own.trailingZeroBitCount : 63 - mask.leadingZeroBitCount
    let rest = mask & ~(1 << UInt64(part))
    return (.part(part), Claims(word: rest > 0 ? word & ~Self.bits | rest : 0))
  }

  private static func bits(_ range: Range<Int>) -> UInt64 {
    ((1 << UInt64(range.upperBound)) - 1) & ~((1 << UInt64(range.lowerBound)) - 1)
  }

  enum Claim {
    case part(Int)
    /// The last is 1.
    case fromEnd(Int)
  }
}

/// What the caller and the workers share.
///
/// A part is claimed by taking it from `claims`. Who claims a part holds the task: the caller waits for all
/// parts to end before it publishes another or returns. A word that has become that of another task meanwhile
/// is as good: what it says nobody has claimed is so.
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

  private let threadCount: Int
  private var task: (any ParallelTask)?
  private var partCount = 0
  private let claims = Atomic<UInt64>(0)
  private let unfinishedParts = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let sleepingWorkers = Atomic<Int>(0)
  private let isCallerAsleep = Atomic<Bool>(false)

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let published = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(threadCount: Int) {
    self.threadCount = threadCount
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
    precondition(partCount <= Int(UInt32.max))
    self.task = task
    self.partCount = partCount
    unfinishedParts.store(partCount, ordering: .relaxed)
    claims.store(Claims(partCount: partCount).word, ordering: .sequentiallyConsistent)
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
  func work(as thread: Int) {
    while let part = claimPart(thread) {
      // Held until the part has ended and no longer: the caller of `run` may drop the last reference
      // then, and the pool with it.
      task.unsafelyUnwrapped.run(part: part)
      finishPart()
    }
  }

  /// Nil where none is left.
  private func claimPart(_ thread: Int) -> Int? {
    var seen = Claims(word: claims.load(ordering: .acquiring))
    while let (claim, rest) = seen.claim(thread: thread, of: threadCount) {
      let (exchanged, original) = claims.weakCompareExchange(
        expected: seen.word, desired: rest.word, successOrdering: .acquiring,
        failureOrdering: .acquiring)
      if exchanged {
        return switch claim {
        case .part(let part): part
        case .fromEnd(let left): partCount &- left
        }
      }
      seen = Claims(word: original)
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
      claims.load(ordering: .sequentiallyConsistent) > 0
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
