import MNV4Graph

/// Where an integer matrix product leaves its elements.
struct IntegerTarget {
  let output: UnsafeMutableRawPointer
  let epilogue: IntegerEpilogue
  /// Elements from one row of a group to the next.
  let rowStride: Int
  /// Elements from one group to the next.
  let groupStride: Int
}

/// Integer products of rows with panels, one a group: convolutions, fully connected layers, and
/// products of activations.
///
/// Computed in float32, where sums of integers up to 2²⁴ are exact; where a sum might leave that, it
/// is added up from runs of at most `runLength` products in float64, and rounded to float32 once. Rows
/// and panels are expanded to floats in a workspace: six rows or more share an expanded panel, all
/// panels share the expanded rows.
///
/// Nothing is aligned. The output overlaps no operand.
struct IntegerMatrixBody<Rows: IntegerRowSource>: ScratchStepBody {
  private let rows: Rows
  private let panels: IntegerPanels
  private let target: IntegerTarget
  private let rowCount: Int
  private let groupCount: Int
  private let sharesColumns: Bool
  private let cells: Grid

  /// Products of up to 255 · 255 each whose sum float32 holds.
  private static var runLength: Int { 256 }

  init(
    rows: Rows, panels: IntegerPanels, target: IntegerTarget, rowCount: Int, groupCount: Int,
    sharesColumns: Bool = false, workers: Workers
  ) {
    self.rows = rows
    self.panels = panels
    self.target = target
    self.rowCount = rowCount
    self.groupCount = groupCount
    self.sharesColumns = sharesColumns
    cells = Grid(
      rowCount: rowCount, rowUnit: RowTile.rowCount, columnCount: panels.panelCount,
      nanosecondsPerItem: Double(panels.depth * vectorWidth) / Throughput.integerMatrix,
      workers: workers)
  }

  var partCount: Int { groupCount * cells.partCount }

  /// Rows that are expanded at once.
  private static func blockLength(depth: Int, rowCount: Int) -> Int {
    min(max(24_576 / depth / RowTile.rowCount, 1) &* RowTile.rowCount, rowCount)
  }

  /// Of the rows and the panel.
  static func workspaceByteCount(depth: Int, rowCount: Int) -> Int {
    let rows = saturatingProduct(blockLength(depth: depth, rowCount: rowCount), depth, 4)
    return saturatingSum(rows, saturatingProduct(depth, 32), 64)
  }

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (group, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    let panels = panels.group(group, sharesColumns: sharesColumns)
    let expanded = scratch.assumingMemoryBound(to: FloatVector.self)
    let block = (scratch + panels.depth &* 32).assumingMemoryBound(to: Float.self)
    let (rowRange, panelRange) = cells[cell]
    let length = Self.blockLength(depth: panels.depth, rowCount: rowCount)
    var start = rowRange.lowerBound
    while start < rowRange.upperBound {
      let end = min(start &+ length, rowRange.upperBound)
      rows.expand(start..<end, group: group, to: block)
      if rowCount == 1 {
        let offset = group &* target.groupStride
        multiply(
          row: block, panels, panelRange, scratch.assumingMemoryBound(to: Int16.self), offset)
        return
      }
      for panel in panelRange {
        let offset =
          start &* target.rowStride &+ group &* target.groupStride &+ panel &* vectorWidth
        multiply(block, end &- start, panels, panel, expanded, offset)
      }
      start = end
    }
  }

  /// Rows of the block by one panel; the first element stands at `offset` of the output.
  @inline(__always)
  private func multiply(
    _ block: UnsafePointer<Float>, _ count: Int, _ panels: IntegerPanels, _ panel: Int,
    _ expanded: UnsafeMutablePointer<FloatVector>, _ offset: Int
  ) {
    let depth = panels.depth
    let columns = Columns(panels, panel)
    panels.expand(panel: panel, to: expanded)
    var row = 0
    while row < count {
      let tileCount = min(count &- row, RowTile.rowCount)
      let offset = offset &+ row &* target.rowStride
      let source = block + row &* depth
      if !panels.isExactInFloat {
        long(source, tileCount, expanded, depth, columns, offset)
      } else if tileCount > 1 {
        let rows = RowPointers(source, stride: depth, count: tileCount)
        var tile = RowTile(bias: columns.floatBias)
        tile.accumulate(rows, count: depth, weights: expanded)
        store(tile, tileCount, columns, offset)
      } else {
        single(source, expanded, depth, columns, offset)
      }
      row &+= tileCount
    }
  }

  /// The only row by panels that nothing else needs, in integers; the first column of the first
  /// panel stands at `offset` of the output.
  private func multiply(
    row: UnsafePointer<Float>, _ panels: IntegerPanels, _ range: Range<Int>,
    _ integers: UnsafeMutablePointer<Int16>, _ offset: Int
  ) {
    var rowSum: Int32 = 0
    for k in 0..<panels.depth {
      integers[k] = Int16(row[k])
      rowSum &+= Int32(integers[k])
    }
    for panel in range {
      store(
        FloatVector(panels.sums(of: integers, rowSum: rowSum, panel: panel)),
        Columns(panels, panel), offset &+ panel &* vectorWidth)
    }
  }

  /// The last row of several.
  @inline(__always)
  private func single(
    _ row: UnsafePointer<Float>, _ weights: UnsafePointer<FloatVector>, _ depth: Int,
    _ columns: Columns, _ offset: Int
  ) {
    var sum = columns.floatBias
    var k = 0
    while k < depth {
      sum += FloatVector(repeating: row[k]) * weights[k]
      k &+= 1
    }
    store(sum, columns, offset)
  }

  /// Rows whose sums float32 may not hold.
  @inline(never)
  private func long(
    _ source: UnsafePointer<Float>, _ count: Int, _ weights: UnsafePointer<FloatVector>,
    _ depth: Int, _ columns: Columns, _ offset: Int
  ) {
    var sums = LongRowTile(bias: SIMD8<Double>(columns.bias))
    var k = 0
    while k < depth {
      let rows = RowPointers(source + k, stride: depth, count: count)
      var run = RowTile(bias: .zero)
      run.accumulate(rows, count: min(depth &- k, Self.runLength), weights: weights + k)
      sums.add(run)
      k &+= Self.runLength
    }
    store(sums.rounded, count, columns, offset)
  }

  @inline(__always)
  private func store(_ sum: FloatVector, _ columns: Columns, _ offset: Int) {
    target.epilogue.store(
      sum, scales: columns.scales, to: target.output, at: offset, count: columns.count)
  }

  @inline(__always)
  private func store(_ tile: RowTile, _ count: Int, _ columns: Columns, _ offset: Int) {
    let stride = target.rowStride
    store(tile.row0, columns, offset)
    guard count > 1 else { return }
    store(tile.row1, columns, offset &+ stride)
    guard count > 2 else { return }
    store(tile.row2, columns, offset &+ stride &* 2)
    guard count > 3 else { return }
    store(tile.row3, columns, offset &+ stride &* 3)
    guard count > 4 else { return }
    store(tile.row4, columns, offset &+ stride &* 4)
    guard count > 5 else { return }
    store(tile.row5, columns, offset &+ stride &* 5)
  }
}

/// What belongs to the columns of a panel.
private struct Columns {
  let bias: SIMD8<Int32>
  let scales: FloatVector
  let count: Int

  @inline(__always)
  init(_ panels: IntegerPanels, _ panel: Int) {
    bias = panels.bias(ofPanel: panel)
    scales = load(panels.scales + panel &* vectorWidth)
    count = panels.width(ofPanel: panel)
  }

  @inline(__always)
  var floatBias: FloatVector { FloatVector(bias) }
}

/// A `RowTile` of sums that float32 may not hold.
private struct LongRowTile {
  private var row0: SIMD8<Double>
  private var row1: SIMD8<Double>
  private var row2: SIMD8<Double>
  private var row3: SIMD8<Double>
  private var row4: SIMD8<Double>
  private var row5: SIMD8<Double>

  init(bias: SIMD8<Double>) {
    row0 = bias
    row1 = bias
    row2 = bias
    row3 = bias
    row4 = bias
    row5 = bias
  }

  mutating func add(_ tile: RowTile) {
    row0 += SIMD8<Double>(tile.row0)
    row1 += SIMD8<Double>(tile.row1)
    row2 += SIMD8<Double>(tile.row2)
    row3 += SIMD8<Double>(tile.row3)
    row4 += SIMD8<Double>(tile.row4)
    row5 += SIMD8<Double>(tile.row5)
  }

  /// Each sum rounded to float32.
  var rounded: RowTile {
    var tile = RowTile(bias: FloatVector(row0))
    tile.row1 = FloatVector(row1)
    tile.row2 = FloatVector(row2)
    tile.row3 = FloatVector(row3)
    tile.row4 = FloatVector(row4)
    tile.row5 = FloatVector(row5)
    return tile
  }
}
