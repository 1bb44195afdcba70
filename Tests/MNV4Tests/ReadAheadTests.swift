import MNV4Core
import Testing

@testable import MNV4Kernels

/// What parts fetch for their threads.
@Suite struct ReadAheadTests {
  private let memory: AlignedBuffer

  init() throws { memory = try AlignedBuffer(byteCount: 4096) }

  /// The `index`th 64 bytes of the memory.
  private func region(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory.unsafeBytes[index * 64..<(index + 1) * 64])
  }

  private func starts(_ ahead: ReadAhead, _ partCount: Int) -> [Int?] {
    (0..<partCount).map { part in
      ahead[part].baseAddress.map { ($0 - memory.unsafeBytes.baseAddress!) / 64 }
    }
  }

  @Test(arguments: 1...9, 0...40) func sharesAreAllParts(threadCount: Int, partCount: Int) {
    let shares = (0..<threadCount).map {
      ThreadPool.share(of: partCount, thread: $0, threadCount: threadCount)
    }
    #expect(shares.flatMap { Array($0) } == Array(0..<partCount))
    #expect(partCount != 1 || shares[0] == 0..<1)
    #expect(shares.map(\.count).max()! <= partCount / threadCount + 1)
  }

  /// Columns that no two parts share: each fetches those of the next part, the last what the thread reads then.
  @Test func partsFetchTheNextOnes() {
    let ahead = ReadAhead(partCount: 6, next: [region(20), region(30)]) { region($0) }
    #expect(starts(ahead, 6) == [1, 2, 20, 4, 5, 30])
  }

  /// Parts that read the same fetch what comes after them all.
  @Test func whatIsReadAgainIsNotFetched() {
    let ahead = ReadAhead(partCount: 8, next: [region(20), region(30)]) { region($0 / 3) }
    // Read: 0 0 0 1 and 1 1 2 2.
    #expect(starts(ahead, 8) == [1, 1, 1, 20, 2, 2, 30, 30])
  }

  @Test func nothingNextIsNothingFetched() {
    #expect(starts(ReadAhead(partCount: 3, next: []) { region($0) }, 3) == [nil, nil, nil])
    let ahead = ReadAhead(partCount: 3, next: [nil]) { region($0) }
    #expect(starts(ahead, 3) == [1, 2, nil])
    let alone = ReadAhead(partCount: 1, next: [region(7), region(8)]) { region($0) }
    #expect(starts(alone, 1) == [7])
  }
}
