import MNV4Graph

/// `epilogue(rows · panels + bias)`: pointwise convolutions, fully connected layers, and batches of
/// matrix products, whose rows and panels follow one another.
///
/// Rows of the input are `depth` elements, rows of the output `columnCount`; neither is aligned. The
/// output overlaps neither the input nor the residual. Nothing is read past the input,
/// and up to 28 bytes past the residual.
struct MatrixBody: StepBody {
  private var input: UnsafePointer<Float>
  private var output: UnsafeMutablePointer<Float>
  private var panels: PanelView
  private let epilogue: Epilogue
  private let rowCount: Int
  private let batchCount: Int
  /// Rows by panels, of each of the batch.
  private let cells: Grid

  init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, rowCount: Int,
    panels: PanelView, epilogue: Epilogue, batchCount: Int = 1, workers: Workers
  ) {
    self.input = input
    self.output = output
    self.panels = panels
    self.epilogue = epilogue
    self.rowCount = rowCount
    self.batchCount = batchCount
    cells = Grid(
      rowCount: rowCount, rowUnit: RowTile.rowCount, columnCount: panels.panelCount,
      nanosecondsPerItem: Double(panels.depth * PackedMatrix.panelWidth) / Throughput.pointwise,
      workers: workers)
  }

  var partCount: Int { batchCount * cells.partCount }

  func run(part: Int) {
    let (batch, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    var body = self
    body.input += batch &* rowCount &* panels.depth
    body.output += batch &* rowCount &* panels.columnCount
    body.panels = panels.group(batch, hasBias: false)
    body.run(cell: cell)
  }

  private func run(cell: Int) {
    let (rowRange, panelRange) = cells[cell]
    // A block of rows stays in the cache while the panels pass by.
    let block = max(24_576 / panels.depth / RowTile.rowCount, 1) &* RowTile.rowCount
    var start = rowRange.lowerBound
    while start < rowRange.upperBound {
      let end = min(start &+ block, rowRange.upperBound)
      var panel = panelRange.lowerBound
      while panel < panelRange.upperBound {
        multiply(start, end, panel)
        panel &+= 1
      }
      if epilogue.needsPass { activate(start, end, panelRange) }
      start = end
    }
  }

  /// Rows `start ..< end` by one panel.
  @inline(__always)
  private func multiply(_ start: Int, _ end: Int, _ panel: Int) {
    let depth = panels.depth
    let stride = panels.columnCount
    let weights = panels.panel(panel)
    let bias = panels.bias(ofPanel: panel)
    let width = panels.width(ofPanel: panel)
    let column = panel &* PackedMatrix.panelWidth
    var row = start
    while end &- row > 1 {
      let count = min(end &- row, RowTile.rowCount)
      var tile = RowTile(bias: bias)
      let rows = RowPointers(input + row &* depth, stride: depth, count: count)
      tile.accumulate(rows, count: depth, weights: weights)
      tile.store(
        to: output, offset: row &* stride &+ column, channel: column, stride: stride,
        rowCount: count, width: width, epilogue: epilogue)
      row &+= count
    }
    guard row < end else { return }
    var sum = bias
    let last = input + row &* depth
    var k = 0
    while k < depth {
      sum += FloatVector(repeating: last[k]) * weights[k]
      k &+= 1
    }
    epilogue.store(sum, to: output, offset: row &* stride &+ column, channel: column, count: width)
  }

  private func activate(_ start: Int, _ end: Int, _ panelRange: Range<Int>) {
    let first = panelRange.lowerBound &* PackedMatrix.panelWidth
    let last = min(panelRange.upperBound &* PackedMatrix.panelWidth, panels.columnCount)
    for row in start..<end {
      epilogue.activation.apply(
        to: output + (row &* panels.columnCount &+ first), count: last &- first)
    }
  }
}
