import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Kernels

@Suite struct GridTests {
  private func workers(_ threadCount: Int) throws -> Workers {
    Workers(
      pool: try ThreadPool(threadCount: threadCount), minimumPartNanoseconds: 600,
      workspace: try Workspace(byteCount: 0, threadCount: threadCount))
  }

  @Test(arguments: [1, 2, 3, 8]) func everyItemIsInOneCell(threadCount: Int) throws {
    let workers = try workers(threadCount)
    for (rowCount, rowUnit) in [(1, 12), (7, 2), (64, 12), (250, 6)] {
      for (columnCount, columnUnit) in [(1, 1), (33, 2), (160, 64), (1000, 64)] {
        for bytes in [0.0, 256, 4096] {
          let grid = Grid(
            rowCount: rowCount, rowUnit: rowUnit, rowByteCount: bytes, extraRowCount: 1,
            columnCount: columnCount, columnUnit: columnUnit, columnByteCount: bytes,
            nanosecondsPerItem: 0.5, workers: workers)
          var counts = [Int](repeating: 0, count: rowCount * columnCount)
          for part in 0..<grid.partCount {
            let (rows, columns) = grid[part]
            for row in rows { for column in columns { counts[row * columnCount + column] += 1 } }
          }
          #expect(counts.allSatisfy { $0 == 1 })
          if threadCount == 1 { #expect(grid.partCount == 1) }
        }
      }
    }
  }

  /// A pointwise layer of int8 on two threads.
  private func layer(pixels: Int, depth: Int, channels: Int) throws -> Grid {
    Grid(
      rowCount: pixels, rowByteCount: Double(depth), columnCount: channels,
      columnUnit: 64, columnByteCount: Double(depth),
      nanosecondsPerItem: Double(depth) / 430 + 1 / 64, workers: try workers(2))
  }

  /// A small image: cells of few pixels would wait for all weights again and again.
  @Test func weightsAreReadOnce() throws {
    let grid = try layer(pixels: 64, depth: 256, channels: 1024)
    #expect(grid.partCount > 1)
    for part in 0..<grid.partCount { #expect(grid[part].rows == 0..<64) }
  }

  /// A large image: its pixels are more bytes than the weights.
  @Test func pixelsAreReadOnce() throws {
    let grid = try layer(pixels: 4096, depth: 48, channels: 192)
    #expect(grid.partCount > 1)
    for part in 0..<grid.partCount { #expect(grid[part].columns == 0..<192) }
  }

  /// Either way takes about as long.
  @Test(arguments: [ThreadCut.rows, .columns])
  func cellsAreCutAsTheirInputWas(cut: ThreadCut) throws {
    let grid = Grid(
      rowCount: 16, rowUnit: 2, columnCount: 512, columnUnit: 64, itemByteCount: 16, itemCut: cut,
      nanosecondsPerItem: 2, workers: try workers(2))
    #expect(grid.cut == cut)
    #expect(grid.partCount >= 2)
  }

  @Test func cutOfCells() throws {
    let whole = Grid(
      rowCount: 1, columnCount: 1, nanosecondsPerItem: 1, workers: try workers(2))
    #expect(whole.cut == nil)
    #expect(try layer(pixels: 4096, depth: 64, channels: 64).cut == .rows)
    #expect(try layer(pixels: 64, depth: 1024, channels: 256).cut == .columns)
  }
}
