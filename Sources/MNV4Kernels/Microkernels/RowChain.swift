import MNV4Core
import MNV4Graph

/// How a chain's rows are computed: some rows of the last output at a time, and of the values between
/// the layers those rows that they need, in buffers that the next rows reuse.
struct RowTiles: Sendable {
  /// Rows of the last output.
  let height: Int
  /// For each value between two layers the rows that its buffer holds, and where it begins.
  let capacities: [Int]
  let offsets: [Int]
  /// Where scratch begins.
  let scratchOffset: Int
  /// Of buffers and scratch.
  let byteCount: Int

  /// Rows beyond this would save nothing more.
  private static let maximumHeight = 64
  /// Filters and steps that need more rows than these for one, as no network does, are left alone.
  private static let maximumCapacity = 300

  /// Buffers may be half as large again where that makes tiles of two rows from one, in which most rows are
  /// moved: measured on cores with 1.25 MiB of level 2 cache, not on Zen, which has less.
  private static func byteCount(ofHeight height: Int, _ bufferByteCount: Int) -> Int {
    height == 2 && !Processor.isZen ? bufferByteCount / 2 * 3 : bufferByteCount
  }

  /// The tallest tiles whose buffers fit into about so many bytes, of one row at least; nil where those
  /// and the scratch are more than a slot of the workspace may have.
  init?(_ parts: [RowPart], bufferByteCount: Int) {
    let last = parts[parts.count - 1]
    var height = min(last.window.outputHeight, Self.maximumHeight)
    while height > 1,
      !Self.fits(Self.layout(parts, height), Self.byteCount(ofHeight: height, bufferByteCount))
    {
      // An even number of rows is what integer depthwise kernels like.
      height -= height > 3 ? 2 - height % 2 : 1
    }
    let layout = Self.layout(parts, height)
    self.height = height
    capacities = layout.capacities
    offsets = layout.offsets
    scratchOffset = layout.byteCount
    guard Self.fits(layout, Workspace.maximumSlotByteCount) else { return nil }
    let counts = layout.capacities + [height]
    let scratch = zip(parts, counts).reduce(0) { max($0, $1.0.scratchByteCount($1.1)) }
    byteCount = saturatingSum(layout.byteCount, scratch)
    guard byteCount <= Workspace.maximumSlotByteCount else { return nil }
  }

  private static func fits(_ layout: Layout, _ byteCount: Int) -> Bool {
    layout.byteCount <= byteCount && layout.capacities.allSatisfy { $0 <= maximumCapacity }
  }

  private typealias Layout = (capacities: [Int], offsets: [Int], byteCount: Int)

  /// Kernels may read so far past the end of a buffer.
  private static let margin = 64

  private static func layout(_ parts: [RowPart], _ height: Int) -> Layout {
    var capacities = [Int](repeating: 0, count: parts.count - 1)
    var rows = height
    for index in capacities.indices.reversed() {
      rows = parts[index + 1].window.inputCount(ofOutputs: rows)
      capacities[index] = rows
    }
    var offsets: [Int] = []
    var total = capacities.count * MemoryLayout<RowBand>.stride.roundedUp(to: margin)
    for (index, rows) in capacities.enumerated() {
      offsets.append(total)
      let bytes = saturatingProduct(rows, parts[index].outputRowByteCount)
      total = saturatingSum(total, min(bytes, 1 << 40).roundedUp(to: margin), margin)
    }
    return (capacities, offsets, total)
  }
}

/// Rows that a buffer holds, from its start on, and those of them that are to be computed.
struct RowBand {
  var held: Range<Int>
  var new: Range<Int>
}

/// The constants of a chain's layers.
struct PackedRowChain: PackedKernel {
  let parts: [RowPart]
  let layers: [any PackedRowLayer]
  let tiles: RowTiles
  let imageCount: Int

  init(_ parts: [RowPart], _ tiles: RowTiles, imageCount: Int) throws(BackendError) {
    self.parts = parts
    self.tiles = tiles
    self.imageCount = imageCount
    var layers: [any PackedRowLayer] = []
    for part in parts { layers.append(try part.pack()) }
    self.layers = layers
  }

  var sharedByteCount: Int { layers.reduce(0) { $0 + $1.sharedByteCount } }
  var workspaceByteCount: Int { tiles.byteCount }
  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    let first = layers.lazy.compactMap { $0.buffers.first }.first?.unsafeBytes
    return [UnsafeRawBufferPointer?](repeating: first, count: workers.threadCount)
  }

  func cut(_: StepBinding, workers: Workers) -> ThreadCut? {
    imageCount == 1 && rows(workers).partCount > 1 ? .rows : nil
  }

  /// Of the last output.
  private func rows(_ workers: Workers) -> Partition {
    Partition(
      count: parts[parts.count - 1].window.outputHeight, workers: workers,
      nanoseconds: nanoseconds(rows:))
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let steps = zip(parts, layers).map { part, layer in
      RowChainBody.Step(
        layer: layer.makeLayer(), window: part.window, rowByteCount: part.outputRowByteCount,
        addend: part.addend.map { binding.inputs[$0] })
    }
    let body = RowChainBody(
      steps: steps, tiles: tiles, imageCount: imageCount, rows: rows(workers),
      input: binding.inputs[0],
      inputRowByteCount: parts[0].inputRowByteCount, output: binding.output)
    return ParallelStep(
      body, partCount: body.partCount, workers: workers, keeping: layers.flatMap(\.buffers))
  }
}

extension PackedRowChain {
  /// An estimate of so many rows of the last output that are computed by themselves: of the layers before
  /// also what the first rows need.
  fileprivate func nanoseconds(rows: Int) -> Double {
    var count = rows
    var total = 0.0
    for index in parts.indices.reversed() {
      let part = parts[index]
      total +=
        part.nanoseconds / Double(imageCount) * Double(min(count, part.window.outputHeight))
        / Double(part.window.outputHeight)
      count = part.window.inputCount(ofOutputs: count)
    }
    return total
  }
}

/// Image by image, runs of rows of the last output.
struct RowChainBody: ScratchStepBody {
  struct Step {
    let layer: any RowLayer
    let window: RowWindow
    /// Of its output, and of what it adds.
    let rowByteCount: Int
    let addend: UnsafeRawPointer?
  }

  let steps: [Step]
  let tiles: RowTiles
  let imageCount: Int
  let rows: Partition
  let input: UnsafeRawPointer
  let inputRowByteCount: Int
  let output: UnsafeMutableRawPointer

  var partCount: Int { imageCount * rows.partCount }

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (image, run) = part.quotientAndRemainder(dividingBy: rows.partCount)
    let rows = rows[run]
    let bands = scratch.bindMemory(to: RowBand.self, capacity: tiles.capacities.count)
    for index in tiles.capacities.indices { bands[index] = RowBand(held: 0..<0, new: 0..<0) }
    var first = rows.lowerBound
    while first < rows.upperBound {
      let end = min(first &+ tiles.height, rows.upperBound)
      advance(to: first..<end, bands, scratch)
      for index in steps.indices { compute(index, first..<end, image, bands, scratch) }
      first = end
    }
  }

  /// Settles which rows of the values between layers the tile needs, and moves those that are there to
  /// the starts of their buffers.
  private func advance(
    to tile: Range<Int>, _ bands: UnsafeMutablePointer<RowBand>, _ scratch: UnsafeMutableRawPointer
  ) {
    var needed = tile
    var index = tiles.capacities.count
    while index > 0 {
      index &-= 1
      // Without new rows below, nothing is needed here but what there is.
      guard !needed.isEmpty else {
        bands[index].new = bands[index].held.upperBound..<bands[index].held.upperBound
        continue
      }
      let rows = steps[index &+ 1].window.inputs(of: needed)
      let held = bands[index].held
      let kept = held.upperBound > rows.lowerBound ? held.upperBound &- rows.lowerBound : 0
      if kept > 0, rows.lowerBound > held.lowerBound {
        let start = scratch + tiles.offsets[index]
        let rowByteCount = steps[index].rowByteCount
        start.copyMemory(
          from: start + (rows.lowerBound &- held.lowerBound) &* rowByteCount,
          byteCount: kept &* rowByteCount)
      }
      let new = rows.lowerBound &+ kept..<max(rows.upperBound, rows.lowerBound &+ kept)
      bands[index] = RowBand(held: rows.lowerBound..<new.upperBound, new: new)
      needed = new
    }
  }

  private func compute(
    _ index: Int, _ tile: Range<Int>, _ image: Int, _ bands: UnsafeMutablePointer<RowBand>,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let step = steps[index]
    let isLast = index == tiles.capacities.count
    let new = isLast ? tile : bands[index].new
    guard !new.isEmpty else { return }
    let inputs = step.window.inputs(of: new)
    let source: UnsafeRawPointer
    if index == 0 {
      source =
        input + (image &* step.window.inputHeight &+ inputs.lowerBound) &* inputRowByteCount
    } else {
      source =
        UnsafeRawPointer(scratch) + tiles.offsets[index &- 1]
        + (inputs.lowerBound &- bands[index &- 1].held.lowerBound) &* steps[index &- 1].rowByteCount
    }
    let place = (image &* step.window.outputHeight &+ new.lowerBound) &* step.rowByteCount
    let target =
      isLast
      ? output + place
      : scratch + tiles.offsets[index]
        + (new.lowerBound &- bands[index].held.lowerBound) &* step.rowByteCount
    step.layer.run(
      RowCall(
        input: source, inputRows: inputs, output: target, outputRows: new,
        addend: step.addend.map { $0 + place }, scratch: scratch + tiles.scratchOffset))
  }
}
