import MNV4Core
import Testing

@testable import MNV4

@Suite struct ArenaPlannerTests {
  typealias Request = ArenaPlanner.Request

  private func expectSound(_ requests: [Request], _ layout: ArenaPlanner.Layout) {
    func end(_ index: Int) -> Int { layout.offsets[index] + requests[index].byteCount }
    #expect(layout.offsets.count == requests.count)
    for index in requests.indices {
      #expect(layout.offsets[index] >= 0)
      #expect(layout.offsets[index] % AlignedBuffer.alignment == 0)
      #expect(end(index) <= layout.byteCount)
      for other in requests.indices.dropFirst(index + 1) {
        let (a, b) = (requests[index], requests[other])
        let liveTogether = a.firstStep <= b.lastStep && b.firstStep <= a.lastStep
        let overlap =
          layout.offsets[index] < end(other) && layout.offsets[other] < end(index)
        #expect(!(liveTogether && overlap), "requests \(index) and \(other) overlap")
      }
    }
  }

  /// What is live at one step, in whole cache lines: no layout can be smaller.
  private func largestStep(_ requests: [Request]) -> Int {
    let steps = requests.flatMap { [$0.firstStep, $0.lastStep] }
    return steps.map { step in
      requests.filter { $0.firstStep <= step && step <= $0.lastStep }
        .reduce(0) { $0 + ($1.byteCount + 63) / 64 * 64 }
    }.max() ?? 0
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func nothingLiveOverlaps(seed: UInt64) {
    var generator = Seeded(seed)
    let stepCount = Int.random(in: 1...40, using: &generator)
    let requests = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
      let first = Int.random(in: -1...stepCount, using: &generator)
      return Request(
        byteCount: Int.random(in: 1...5_000, using: &generator), firstStep: first,
        lastStep: Int.random(in: first...(stepCount + 1), using: &generator))
    }
    let layout = ArenaPlanner.layout(requests)
    expectSound(requests, layout)
    #expect(layout.byteCount >= largestStep(requests))
  }

  /// In a chain only neighbours live together, so the largest pair of neighbours is all it takes.
  @Test(arguments: [[640], [64, 128, 64, 128], [1_024, 64, 512, 512, 64, 2_048, 128]])
  func chainTakesItsLargestPair(_ sizes: [Int]) {
    let requests = sizes.enumerated().map { step, size in
      Request(byteCount: size, firstStep: step, lastStep: min(step + 1, sizes.count - 1))
    }
    let layout = ArenaPlanner.layout(requests)
    expectSound(requests, layout)
    #expect(layout.byteCount == largestStep(requests))
  }

  @Test func nothingTakesNoMemory() {
    #expect(ArenaPlanner.layout([]) == .init(offsets: [], byteCount: 0))
  }

  /// A hole that is large enough is used before the arena grows.
  @Test func holesAreUsed() {
    let requests = [
      Request(byteCount: 1_024, firstStep: 0, lastStep: 1),
      Request(byteCount: 512, firstStep: 1, lastStep: 9),
      Request(byteCount: 900, firstStep: 2, lastStep: 9),
    ]
    let layout = ArenaPlanner.layout(requests)
    expectSound(requests, layout)
    #expect(layout.byteCount == 1_536)
  }
}
