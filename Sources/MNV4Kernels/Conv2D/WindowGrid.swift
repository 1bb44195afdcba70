extension Grid {
  /// The output of a windowed operation: lines, counted through all images of the batch, by blocks
  /// of eight channels.
  init(lines geometry: WindowGeometry, nanosecondsPerPixelBlock: Double, workers: Workers) {
    // Two blocks are a cache line.
    self.init(
      rowCount: geometry.batchCount * geometry.outputHeight,
      columnCount: geometry.outputChannels.roundedUp(to: vectorWidth) / vectorWidth,
      columnUnit: 2,
      nanosecondsPerItem: Double(geometry.outputWidth) * nanosecondsPerPixelBlock,
      workers: workers)
  }
}
