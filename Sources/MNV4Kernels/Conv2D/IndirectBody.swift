import MNV4Graph

/// A convolution as matrix products, one a group, whose rows are gathered: six pixels at a time, tap
/// by tap; where a window's row lies within the image, a row of taps is one run of memory.
///
/// Nothing is aligned. The output overlaps neither the input nor the residual. Nothing is read past
/// the input, and up to 28 bytes past the residual; taps in the padding read zeros.
struct IndirectBody: StepBody {
  private var input: UnsafePointer<Float>
  private var output: UnsafeMutablePointer<Float>
  /// As many as a row of taps.
  private let zeros: UnsafePointer<Float>
  private var panels: PanelView
  private var epilogue: Epilogue
  private let geometry: WindowGeometry
  private let groupCount: Int
  private let groupInputs: Int
  private let interior: Range<Int>
  /// Pixels by panels, of each group.
  private let cells: Grid

  init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    zeros: UnsafePointer<Float>, panels: PanelView, epilogue: Epilogue, geometry: WindowGeometry,
    groupCount: Int, workers: Workers
  ) {
    self.input = input
    self.output = output
    self.zeros = zeros
    self.panels = panels
    self.epilogue = epilogue
    self.geometry = geometry
    self.groupCount = groupCount
    groupInputs = geometry.inputChannels / groupCount
    interior = geometry.interiorColumns
    cells = Grid(
      rowCount: geometry.pixelCount, rowUnit: RowTile.rowCount, columnCount: panels.panelCount,
      nanosecondsPerItem: Double(panels.depth * PackedMatrix.panelWidth)
        / Throughput.convolution, workers: workers)
  }

  var partCount: Int { groupCount * cells.partCount }

  func run(part: Int) {
    let (group, cell) = part.quotientAndRemainder(dividingBy: cells.partCount)
    var body = self
    let offset = group &* panels.columnCount
    body.input += group &* groupInputs
    body.output += offset
    body.epilogue = epilogue.shifted(by: offset)
    body.panels = panels.group(group)
    body.run(cell: cell)
  }

  private func run(cell: Int) {
    let (range, panelRange) = cells[cell]
    var pixel = range.lowerBound
    while pixel < range.upperBound {
      let count = min(range.upperBound &- pixel, RowTile.rowCount)
      let origins = WindowOrigins(geometry, pixel: pixel, count: count, interior: interior)
      var panel = panelRange.lowerBound
      while panel < panelRange.upperBound {
        var tile = RowTile(bias: panels.bias(ofPanel: panel))
        if origins.areInterior && groupInputs == geometry.inputChannels {
          accumulateRuns(&tile, origins, panels.panel(panel))
        } else {
          accumulateTaps(&tile, origins, panels.panel(panel))
        }
        tile.store(
          to: output,
          offset: pixel &* geometry.outputChannels &+ panel &* PackedMatrix.panelWidth,
          channel: panel &* PackedMatrix.panelWidth, stride: geometry.outputChannels,
          rowCount: count, width: panels.width(ofPanel: panel),
          epilogue: epilogue)
        panel &+= 1
      }
      if epilogue.needsPass { activate(pixel, count, panelRange) }
      pixel &+= count
    }
  }

  /// A row of taps at a time.
  @inline(__always)
  private func accumulateRuns(
    _ tile: inout RowTile, _ origins: WindowOrigins, _ weights: UnsafePointer<FloatVector>
  ) {
    let run = geometry.kernelWidth &* groupInputs
    var tap = 0
    while tap < geometry.kernelHeight {
      let rows = RowPointers { index in
        let y = origins.y[index] &+ tap
        guard y >= 0 && y < geometry.inputHeight else { return zeros }
        return pixelPointer(origins.image[index], y, origins.x[index])
      }
      tile.accumulate(rows, count: run, weights: weights + tap &* run)
      tap &+= 1
    }
  }

  /// A tap at a time.
  @inline(__always)
  private func accumulateTaps(
    _ tile: inout RowTile, _ origins: WindowOrigins, _ weights: UnsafePointer<FloatVector>
  ) {
    var weights = weights
    var row = 0
    while row < geometry.kernelHeight {
      var column = 0
      while column < geometry.kernelWidth {
        let rows = RowPointers { index in
          let y = origins.y[index] &+ row
          let x = origins.x[index] &+ column
          guard y >= 0 && y < geometry.inputHeight && x >= 0 && x < geometry.inputWidth else {
            return zeros
          }
          return pixelPointer(origins.image[index], y, x)
        }
        tile.accumulate(rows, count: groupInputs, weights: weights)
        weights += groupInputs
        column &+= 1
      }
      row &+= 1
    }
  }

  @inline(__always)
  private func pixelPointer(_ image: Int, _ y: Int, _ x: Int) -> UnsafePointer<Float> {
    let row = image &* geometry.inputHeight &+ y
    return input + (row &* geometry.inputWidth &+ x) &* geometry.inputChannels
  }

  private func activate(_ pixel: Int, _ count: Int, _ panelRange: Range<Int>) {
    let first = panelRange.lowerBound &* PackedMatrix.panelWidth
    let last = min(panelRange.upperBound &* PackedMatrix.panelWidth, panels.columnCount)
    for index in pixel..<pixel &+ count {
      epilogue.activation.apply(
        to: output + (index &* geometry.outputChannels &+ first), count: last &- first)
    }
  }
}

/// Where the windows of six successive pixels of the output start in the padded image.
private struct WindowOrigins {
  var image = SIMD8<Int>()
  var y = SIMD8<Int>()
  var x = SIMD8<Int>()
  /// Whether no window reaches past the left or right edge.
  var areInterior = true

  /// Those from `count` on repeat the last one.
  @inline(__always)
  init(_ geometry: WindowGeometry, pixel: Int, count: Int, interior: Range<Int>) {
    var column = pixel % geometry.outputWidth
    let line = pixel / geometry.outputWidth
    var row = line % geometry.outputHeight
    var number = line / geometry.outputHeight
    var index = 0
    while true {
      image[index] = number
      y[index] = row &* geometry.strideHeight &- geometry.top
      x[index] = column &* geometry.strideWidth &- geometry.left
      if column < interior.lowerBound || column >= interior.upperBound { areInterior = false }
      index &+= 1
      guard index < RowTile.rowCount else { return }
      guard index < count else { continue }
      column &+= 1
      guard column == geometry.outputWidth else { continue }
      column = 0
      row &+= 1
      guard row == geometry.outputHeight else { continue }
      row = 0
      number &+= 1
    }
  }
}
