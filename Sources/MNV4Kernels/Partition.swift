import MNV4Core
import MNV4Graph

/// The threads of a session and how finely to share work among them.
package struct Workers {
  let pool: ThreadPool
  /// No part is made much shorter than this.
  let minimumPartNanoseconds: Double
  let workspace: Workspace

  var threadCount: Int { pool.threadCount }

  /// Of each thread what the first of its parts gives; nil where it has none.
  func firstParts<Result>(of partCount: Int, _ result: (_ part: Int) -> Result) -> [Result?] {
    (0..<threadCount).map { thread in
      ThreadPool.share(of: partCount, thread: thread, threadCount: threadCount).first.map(result)
    }
  }
}

/// What it takes to share a step's work among threads, in nanoseconds: who has done its own parts takes others'.
private struct Sharing {
  let threadCount: Int
  /// More parts than these a thread are of no use.
  private static let partsPerThread = 8
  /// Parts may be so many that none is much shorter than a step's least.
  let maximumPartCount: Int
  /// Of handing over a part.
  private let handoverNanoseconds: Double

  /// - Parameter nanoseconds: of the whole step on one thread.
  init(_ workers: Workers, nanoseconds: Double) {
    threadCount = workers.threadCount
    let most = workers.threadCount * Self.partsPerThread
    let worthwhile = nanoseconds / workers.minimumPartNanoseconds
    maximumPartCount = worthwhile < Double(most) ? max(Int(worthwhile), 1) : most
    handoverNanoseconds = workers.minimumPartNanoseconds / 3
  }

  /// The time until the last thread has finished of `count` parts, all together as much as `share` full ones,
  /// and a little for a thread that starts late, or is held up.
  ///
  /// - Parameter ofThread: what so many of the full ones take on one thread.
  func nanoseconds(count: Int, share: Double, ofThread: (Double) -> Double) -> Double {
    let threads = Double(threadCount)
    let rounds = Double((count + threadCount - 1) / threadCount)
    let partsOfLast = min(rounds, (share + threads - 1) / threads)
    return ofThread(partsOfLast) + 0.1 * ofThread(1) + rounds * handoverNanoseconds
  }
}

/// `0 ..< count` cut into runs of whole units.
struct Partition {
  let count: Int
  /// Items of a part; a multiple of the unit unless there is one part.
  let length: Int

  /// So many parts of whole units, or fewer.
  fileprivate init(count: Int, unit: Int, partCount: Int) {
    let units = (count + unit - 1) / unit
    self.count = count
    length = max((units + partCount - 1) / partCount, 1) * unit
  }

  /// Uncut.
  init(whole count: Int) { self.init(count: count, unit: max(count, 1), partCount: 1) }

  /// Cut for `workers` so that they finish soonest.
  init(count: Int, unit: Int = 1, nanosecondsPerItem: Double, workers: Workers) {
    self.init(count: count, unit: unit, workers: workers) { Double($0) * nanosecondsPerItem }
  }

  /// Cut for `workers` so that they finish soonest.
  ///
  /// - Parameter nanoseconds: of a part of so many items.
  init(count: Int, unit: Int = 1, workers: Workers, nanoseconds: (_ length: Int) -> Double) {
    let units = (count + unit - 1) / unit
    let sharing = Sharing(workers, nanoseconds: nanoseconds(count))
    var best = Partition(whole: count)
    if workers.threadCount > 1, units > 1 {
      var least = Double.infinity
      for partCount in (1...min(sharing.maximumPartCount, units)).reversed() {
        let candidate = Partition(count: count, unit: unit, partCount: partCount)
        let part = nanoseconds(candidate.length)
        let time = sharing.nanoseconds(
          count: candidate.partCount, share: candidate.share
        ) { $0 * part }
        if time < least { (least, best) = (time, candidate) }
      }
    }
    self = best
  }

  var partCount: Int { (count + length - 1) / length }

  /// How many parts of full length these are.
  fileprivate var share: Double { count > length ? Double(count) / Double(length) : 1 }

  subscript(_ part: Int) -> Range<Int> {
    let start = part &* length
    return start..<min(start &+ length, count)
  }
}

/// A grid of independent work cut into cells: runs of rows by runs of columns.
struct Grid {
  private var rows: Partition
  private var columns: Partition

  /// Cut for `workers` so that they finish soonest, what cells read (`Reading`) included. Rows rather than
  /// columns.
  ///
  /// - Parameters:
  ///   - rowByteCount: what a cell reads for each of its rows, whatever its columns.
  ///   - extraRowCount: rows that a cell takes as long for, besides its own, where it has not all of them.
  ///   - columnByteCount: what a cell reads for each of its columns, whatever its rows.
  ///   - itemByteCount: what a cell reads for each of its items, which threads wrote by `itemCut`, where that is known.
  init(
    rowCount: Int, rowUnit: Int = 1, rowByteCount: Double = 0, extraRowCount: Double = 0,
    columnCount: Int, columnUnit: Int = 1, columnByteCount: Double = 0,
    itemByteCount: Double = 0, itemCut: ThreadCut? = nil, nanosecondsPerItem: Double,
    workers: Workers
  ) {
    rows = Partition(whole: rowCount)
    columns = Partition(whole: columnCount)
    guard workers.threadCount > 1, rowCount > 0, columnCount > 0 else { return }
    let reading = Reading(
      rows: Double(rowCount) * rowByteCount, columns: Double(columnCount) * columnByteCount)
    let whole = Double(rowCount) * Double(columnCount) * nanosecondsPerItem
    let sharing = Sharing(
      workers, nanoseconds: max(whole, reading.nanoseconds(of: 1, rowParts: 1, columnParts: 1)))
    let otherwiseCut =
      Double(rowCount) * Double(columnCount) * itemByteCount / Reading.otherCoreRate
      * Double(workers.threadCount - 1) / Double(workers.threadCount * workers.threadCount)
    let rowUnits = (rowCount + rowUnit - 1) / rowUnit
    let columnUnits = (columnCount + columnUnit - 1) / columnUnit
    var least = Double.infinity
    for rowParts in (1...min(sharing.maximumPartCount, rowUnits)).reversed() {
      let rows = Partition(count: rowCount, unit: rowUnit, partCount: rowParts)
      for columnParts in 1...min(max(sharing.maximumPartCount / rowParts, 1), columnUnits) {
        let columns = Partition(count: columnCount, unit: columnUnit, partCount: columnParts)
        let share = rows.share * columns.share
        let extra = rows.partCount > 1 ? extraRowCount / Double(rows.length) : 0
        let cell = whole / share * (1 + extra)
        let time = sharing.nanoseconds(
          count: rows.partCount * columns.partCount, share: share
        ) { count in
          reading.nanoseconds(
            of: count, rowParts: rows.share, columnParts: columns.share, computing: cell)
        }
        let isOtherwiseCut =
          rows.partCount > 1 && itemCut == .columns || columns.partCount > 1 && itemCut == .rows
        // Cutting columns, too, has to be worth it.
        let total =
          (time + (isOtherwiseCut ? otherwiseCut : 0))
          * (1 + 0.02 * Double(columns.partCount - 1))
        if total < least { (least, self.rows, self.columns) = (total, rows, columns) }
      }
    }
  }

  var partCount: Int { rows.partCount * columns.partCount }

  /// Nil where one cell has all, or rows and columns are cut.
  var cut: ThreadCut? {
    switch (rows.partCount > 1, columns.partCount > 1) {
    case (true, false): .rows
    case (false, true): .columns
    case (false, false), (true, true): nil
    }
  }

  subscript(_ part: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (rows[part / columns.partCount], columns[part % columns.partCount])
  }
}

/// What cells of a grid read, in bytes: of all rows, of all columns.
private struct Reading {
  let rows: Double
  let columns: Double

  /// Bytes a nanosecond that one of several threads reads from a cache that they share while it computes.
  private static let sharedRate = 15.0
  /// Bytes a nanosecond that a thread waits for which another core wrote.
  static let otherCoreRate = 10.0
  /// Bytes a nanosecond that a cell's first products wait for, wherever they come from.
  private static let startRate = 90.0
  /// What stays in a thread's own cache from cell to cell.
  private static let ownByteCount = Double(1 << 19)

  /// Of so many cells that one thread works on, row by row of a grid of so many: what it reads for a cell comes
  /// while it computes that cell and no other.
  func nanoseconds(
    of count: Double, rowParts: Double, columnParts: Double, computing cell: Double = 0
  ) -> Double {
    let ofRow = rows / rowParts
    let ofColumn = columns / columnParts
    // A thread meets a run of rows in each of its columns, and all its runs of columns before one comes again.
    let columnCount = min(columnParts, count)
    let columnsStay = columnCount * ofColumn + ofRow <= Self.ownByteCount
    let newCount = columnsStay ? columnCount : count
    let newRow = ofRow / columnCount
    return newCount * max(cell, (newRow + ofColumn) / Self.sharedRate)
      + (count - newCount) * max(cell, newRow / Self.sharedRate)
      + count * (ofRow + ofColumn) / Self.startRate
  }
}
