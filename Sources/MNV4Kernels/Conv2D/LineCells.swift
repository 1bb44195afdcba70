/// The output of a windowed operation cut into cells: runs of lines by runs of channel blocks of
/// eight.
struct LineCells {
  private let lines: Partition
  private let blocks: Partition

  init(_ geometry: WindowGeometry, nanosecondsPerPixelBlock: Double, threadCount: Int) {
    let blockCount = geometry.outputChannels.roundedUp(to: vectorWidth) / vectorWidth
    let perBlock = Double(geometry.outputWidth) * nanosecondsPerPixelBlock
    lines = Partition(
      count: geometry.batchCount * geometry.outputHeight,
      nanosecondsPerItem: perBlock * Double(blockCount), threadCount: threadCount)
    // Few lines: the channels are divided as well, by whole cache lines.
    blocks = Partition(
      count: blockCount, unit: 2, nanosecondsPerItem: perBlock * Double(lines.length),
      threadCount: lines.partCount >= threadCount * 3 ? 1 : threadCount)
  }

  var partCount: Int { lines.partCount * blocks.partCount }

  /// Lines count through all images of the batch.
  func cell(_ part: Int) -> (lines: Range<Int>, blocks: Range<Int>) {
    (lines[part / blocks.partCount], blocks[part % blocks.partCount])
  }
}
