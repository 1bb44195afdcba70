import Testing

@testable import MNV4Quantization

@Suite struct ObserverTests {
  /// Magnitudes that grow by turns widen the bins at different calls in each way of cutting.
  private static let elements: [Float] = normal(1200).enumerated().map { index, element in
    index % 97 == 0 ? 0 : element * Float(1 + index / 100)
  }

  @Test(arguments: [3, 12, 300, 1200]) func doesNotDependOnTheCut(chunk: Int) {
    let whole = observer(of: Self.elements)
    var cut = Observer()
    Self.elements.withUnsafeBufferPointer { all in
      for start in stride(from: 0, to: all.count, by: chunk) {
        cut.record(UnsafeBufferPointer(rebasing: all[start..<min(start + chunk, all.count)]))
      }
    }
    #expect(cut.histogram == whole.histogram)
    #expect(cut.range == whole.range)
    #expect(cut.elementCount == 1200)
  }

  @Test func countsWhatIsNotFiniteAndLeavesItOut() {
    let observer = observer(of: [1, .nan, -.infinity, 2, .infinity, 3])
    #expect(observer.elementCount == 3)
    #expect(observer.nonFiniteCount == 3)
    #expect(observer.range == 1...3)
    #expect(observer.histogram.elementCount == 3)
  }

  @Test func nothingButNaN() {
    let observer = observer(of: [.nan, .nan])
    #expect(observer.range == 0...0)
    #expect(Calibrator.mse.grid(of: observer) == Int8Grid(spanning: 0...0))
  }

  /// The ends of what a float can be; together, the small ones fall beside zero.
  @Test(arguments: [
    [Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude],
    [.leastNonzeroMagnitude, -.leastNonzeroMagnitude],
    [.leastNonzeroMagnitude, .greatestFiniteMagnitude, -1],
  ])
  func extremes(_ elements: [Float]) {
    let observer = observer(of: elements)
    #expect(observer.histogram.elementCount == elements.count)
    for calibrator in [Calibrator.minmax, .percentile(99.9), .entropy, .mse] {
      let grid = calibrator.grid(of: observer)
      #expect(grid.scale.isNormal && grid.scale > 0)
    }
  }

  @Test func bins() {
    var histogram = Histogram()
    histogram.reach(1000)
    #expect(histogram.binWidth == 0.5)
    [Float(0), 0.25, -0.25, 999.9, -1000].withUnsafeBufferPointer { histogram.count($0) }
    #expect(histogram.zeroCount == 1)
    #expect(histogram.counts[2048] == 1)
    #expect(histogram.counts[2047] == 1)
    #expect(histogram.counts[2048 + 1999] == 1)
    #expect(histogram.counts[48] == 1)
    histogram.reach(1024)
    #expect(histogram.binWidth == 1)
    #expect(histogram.counts[2048 + 999] == 1)
    #expect(histogram.counts[2048 - 1000] == 1)
    #expect(histogram.counts[2047] == 1)
  }
}
