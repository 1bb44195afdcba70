import MNV4Core

/// The threads of a session and how finely to share work among them.
package struct Workers {
  let pool: ThreadPool
  /// No part is made much shorter than this.
  let minimumPartNanoseconds: Double
  let workspace: Workspace

  var threadCount: Int { pool.threadCount }
}

/// `0 ..< count` cut into runs of whole units.
struct Partition {
  let count: Int
  /// Items of a part; a multiple of the unit unless there is one part.
  let length: Int

  private init(count: Int, length: Int) {
    self.count = count
    self.length = length
  }

  /// Uncut.
  init(whole count: Int) { self.init(count: count, length: max(count, 1)) }

  /// Cut for `workers`: several parts a thread, unless they would be too short.
  init(count: Int, unit: Int = 1, nanosecondsPerItem: Double, workers: Workers) {
    guard workers.threadCount > 1 else {
      self.init(whole: count)
      return
    }
    let most = workers.threadCount * Self.partsPerThread
    let worthwhile = Double(count) * nanosecondsPerItem / workers.minimumPartNanoseconds
    let parts = worthwhile < Double(most) ? max(Int(worthwhile), 1) : most
    let units = (count + unit - 1) / unit
    self.init(count: count, length: max((units + parts - 1) / parts, 1) * unit)
  }

  static let partsPerThread = 4

  var partCount: Int { (count + length - 1) / length }

  subscript(_ part: Int) -> Range<Int> {
    let start = part &* length
    return start..<min(start &+ length, count)
  }
}

/// A grid of independent work cut into cells: runs of rows by runs of columns.
struct Grid {
  private let rows: Partition
  private let columns: Partition

  /// Columns are cut too where there are too few rows to keep the workers equally busy.
  init(
    rowCount: Int, rowUnit: Int = 1, columnCount: Int, columnUnit: Int = 1,
    nanosecondsPerItem: Double, workers: Workers
  ) {
    rows = Partition(
      count: rowCount, unit: rowUnit,
      nanosecondsPerItem: nanosecondsPerItem * Double(columnCount), workers: workers)
    let isFine = rows.partCount >= workers.threadCount * (Partition.partsPerThread - 1)
    columns =
      isFine
      ? Partition(whole: columnCount)
      : Partition(
        count: columnCount, unit: columnUnit,
        nanosecondsPerItem: nanosecondsPerItem * Double(rows.length), workers: workers)
  }

  var partCount: Int { rows.partCount * columns.partCount }

  subscript(_ part: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (rows[part / columns.partCount], columns[part % columns.partCount])
  }
}
