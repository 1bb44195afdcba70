import MNV4Graph

/// A depthwise convolution, eight channels of four neighbouring pixels at a time.
///
/// Each sum starts at the bias and grows tap by tap in row order; taps in the padding are left out.
/// Nothing but the weights is aligned. Up to 28 bytes past the end of the input and the residual are
/// read, and never enter a result. The output overlaps no operand.
struct DepthwiseBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  /// On a 32-byte boundary.
  let weights: UnsafePointer<FloatVector>
  let bias: UnsafePointer<Float>
  let geometry: WindowGeometry
  let epilogue: Epilogue
  let cells: Grid
  let width: FilterWidth

  func run(part: Int) {
    switch width {
    case .three: run(part: part, kernelWidth: 3)
    case .five: run(part: part, kernelWidth: 5)
    case .any: run(part: part, kernelWidth: geometry.kernelWidth)
    }
  }

  /// Compiled for each constant width.
  @inline(__always)
  private func run(part: Int, kernelWidth: Int) {
    let (lines, blocks) = cells[part]
    let interior = geometry.interiorColumns
    for line in lines {
      let image = line / geometry.outputHeight
      let y = line % geometry.outputHeight
      let rows = geometry.filterRows(at: y)
      let inputRow =
        image &* geometry.inputHeight &+ y &* geometry.strideHeight &- geometry.top
        &+ rows.lowerBound
      let window = Line(
        input: input + inputRow &* geometry.inputWidth &* geometry.inputChannels,
        outputOffset: line &* geometry.outputWidth &* geometry.outputChannels, rows: rows)
      var x = 0
      while x < interior.lowerBound {
        edge(window, x: x, blocks: blocks, kernelWidth: kernelWidth)
        x &+= 1
      }
      while x &+ 4 <= interior.upperBound {
        four(window, x: x, blocks: blocks, kernelWidth: kernelWidth)
        x &+= 4
      }
      while x < geometry.outputWidth {
        edge(window, x: x, blocks: blocks, kernelWidth: kernelWidth)
        x &+= 1
      }
      if epilogue.needsPass { activate(line, blocks) }
    }
  }

  /// A line of the output, the input row of its first tap, and the filter rows within the image.
  private struct Line {
    let input: UnsafePointer<Float>
    let outputOffset: Int
    let rows: Range<Int>
  }

  /// Pixels x ..< x + 4, whose windows lie within the image's columns.
  @inline(__always)
  private func four(_ line: Line, x: Int, blocks: Range<Int>, kernelWidth: Int) {
    let channels = geometry.outputChannels
    let rowStride = geometry.inputWidth &* channels
    let pixelStride = geometry.strideWidth &* channels
    let taps = geometry.kernelHeight &* kernelWidth
    let source = line.input + (x &* geometry.strideWidth &- geometry.left) &* channels
    let target = line.outputOffset &+ x &* channels
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let channel = block &* vectorWidth
      var sum0 = load(bias + channel)
      var sum1 = sum0
      var sum2 = sum0
      var sum3 = sum0
      var row = line.rows.lowerBound
      var pixels = source + channel
      var filter = weights + (block &* taps &+ row &* kernelWidth)
      while row < line.rows.upperBound {
        var column = 0
        var pixel = pixels
        while column < kernelWidth {
          let weight = filter[column]
          sum0 += load(pixel) * weight
          sum1 += load(pixel + pixelStride) * weight
          sum2 += load(pixel + pixelStride &* 2) * weight
          sum3 += load(pixel + pixelStride &* 3) * weight
          pixel += channels
          column &+= 1
        }
        pixels += rowStride
        filter += kernelWidth
        row &+= 1
      }
      let count = min(channels &- channel, vectorWidth)
      let offset = target &+ channel
      epilogue.store(sum0, to: output, offset: offset, channel: channel, count: count)
      epilogue.store(sum1, to: output, offset: offset &+ channels, channel: channel, count: count)
      epilogue.store(
        sum2, to: output, offset: offset &+ channels &* 2, channel: channel, count: count)
      epilogue.store(
        sum3, to: output, offset: offset &+ channels &* 3, channel: channel, count: count)
      block &+= 1
    }
  }

  /// One pixel, whose window may reach past the edges.
  @inline(__always)
  private func edge(_ line: Line, x: Int, blocks: Range<Int>, kernelWidth: Int) {
    let channels = geometry.outputChannels
    let rowStride = geometry.inputWidth &* channels
    let taps = geometry.kernelHeight &* kernelWidth
    let columns = geometry.filterColumns(at: x)
    let first = x &* geometry.strideWidth &- geometry.left &+ columns.lowerBound
    let source = line.input + first &* channels
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let channel = block &* vectorWidth
      var sum = load(bias + channel)
      var row = line.rows.lowerBound
      var pixels = source + channel
      var filter = weights + (block &* taps &+ row &* kernelWidth)
      while row < line.rows.upperBound {
        var column = columns.lowerBound
        var pixel = pixels
        while column < columns.upperBound {
          sum += load(pixel) * filter[column]
          pixel += channels
          column &+= 1
        }
        pixels += rowStride
        filter += kernelWidth
        row &+= 1
      }
      epilogue.store(
        sum, to: output, offset: line.outputOffset &+ x &* channels &+ channel,
        channel: channel, count: min(channels &- channel, vectorWidth))
      block &+= 1
    }
  }

  private func activate(_ line: Int, _ blocks: Range<Int>) {
    let channels = geometry.outputChannels
    let first = blocks.lowerBound &* vectorWidth
    let last = min(blocks.upperBound &* vectorWidth, channels)
    for pixel in 0..<geometry.outputWidth {
      let offset = (line &* geometry.outputWidth &+ pixel) &* channels &+ first
      epilogue.activation.apply(to: output + offset, count: last &- first)
    }
  }
}
