import MNV4Core
import Synchronization
import Testing

/// Counts how often each part ran.
private final class Counter: ParallelTask {
  let counts: [Atomic<Int>.Box]

  init(partCount: Int) { counts = (0..<partCount).map { _ in Atomic<Int>.Box() } }

  func run(part index: Int) { counts[index].value.add(1, ordering: .relaxed) }
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
    for partCount in [0, 1, 2, 7, 100] {
      let counter = Counter(partCount: partCount)
      for _ in 0..<200 { pool.run(counter, partCount: partCount) }
      #expect(counter.counts.allSatisfy { $0.value.load(ordering: .relaxed) == 200 })
    }
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
