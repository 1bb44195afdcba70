import MNV4Core
import Synchronization
import Testing

/// Counts how often each part ran.
private final class Counter: ParallelTask {
  let counts: [Atomic<Int>.Box]

  init(partCount: Int) { counts = (0..<partCount).map { _ in Atomic<Int>.Box() } }

  func run(part index: Int, thread _: Int) { counts[index].value.add(1, ordering: .relaxed) }
}

/// Its first part ends after all others.
private final class HeldUp: ParallelTask {
  let done = Atomic<Int>(0)
  private let partCount: Int

  init(partCount: Int) { self.partCount = partCount }

  func run(part index: Int, thread _: Int) {
    while index == 0, done.load(ordering: .acquiring) < partCount - 1 {}
    done.add(1, ordering: .releasing)
  }
}

/// Counts how many of its parts run with one thread's number at the same time, and those with a number that no
/// thread has.
private final class Numbered: ParallelTask {
  let failures = Atomic<Int>(0)
  private let running: [Atomic<Int>.Box]

  init(threadCount: Int) { running = (0..<threadCount).map { _ in Atomic<Int>.Box() } }

  func run(part _: Int, thread: Int) {
    guard running.indices.contains(thread) else {
      failures.add(1, ordering: .relaxed)
      return
    }
    if running[thread].value.add(1, ordering: .acquiring).oldValue != 0 {
      failures.add(1, ordering: .relaxed)
    }
    running[thread].value.subtract(1, ordering: .releasing)
  }
}

extension Atomic where Value == Int {
  /// An atomic that an array can hold.
  fileprivate final class Box: Sendable {
    let value = Atomic<Int>(0)
  }
}

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func everyPartRunsOnceEachTime(threadCount: Int) throws {
    let pool = try ThreadPool(threadCount: threadCount)
    for partCount in [0, 1, 2, 7, 55, 56, 57, 100] {
      let counter = Counter(partCount: partCount)
      for _ in 0..<200 { pool.run(counter, partCount: partCount) }
      #expect(counter.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 200 })
    }
  }

  /// A thread that is held up keeps the part that it has; the others do the rest of its share.
  @Test(.timeLimit(.minutes(1)), arguments: [2, 3]) func threadsHelp(threadCount: Int) throws {
    let pool = try ThreadPool(threadCount: threadCount)
    for partCount in [4, 9, 56, 57] {
      let task = HeldUp(partCount: partCount)
      pool.run(task, partCount: partCount)
      #expect(task.done.load(ordering: .relaxed) == partCount)
    }
  }

  @Test(arguments: [1, 2, 3, 8]) func numbersAreThreads(threadCount: Int) throws {
    let pool = try ThreadPool(threadCount: threadCount)
    let task = Numbered(threadCount: threadCount)
    for partCount in 1..<100 { pool.run(task, partCount: partCount) }
    #expect(task.failures.load(ordering: .relaxed) == 0)
  }

  @Test func poolsComeAndGo() throws {
    for _ in 0..<50 { _ = try ThreadPool(threadCount: 4) }
  }

  @Test func quotaIsRead() {
    #expect(Processors.quota(cpuMax: "150000 100000\n") == 1.5)
    #expect(Processors.quota(cpuMax: "max 100000\n") == nil)
    #expect(Processors.quota(cpuMax: "0 0") == nil)
    #expect(Processors.quota(cpuMax: "") == nil)
    #expect(Processors.affinityCount(status: "Name:\tx\nCpus_allowed:\tff,0000000f\n") == 12)
    #expect(Processors.affinityCount(status: "Name:\tx\n") == nil)
    #expect(Processors.available() >= 1)
  }
}
