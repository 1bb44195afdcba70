import MNV4Graph

/// Where the rows of the left operand of an integer matrix product come from.
protocol IntegerRowSource {
  /// Writes rows of a group one after the other as floats, counted from the zero point; may write 28
  /// bytes past the last.
  func expand(_ rows: Range<Int>, group: Int, to target: UnsafeMutablePointer<Float>)
}

/// Rows that lie one after the other: pixels of a pointwise convolution, rows of a matrix.
///
/// Up to 7 bytes past the end of the operand are read, and never enter a result.
struct DenseRows: IntegerRowSource {
  let input: IntegerOperand
  let depth: Int
  /// Rows of one group.
  let rowCount: Int

  func expand(_ rows: Range<Int>, group: Int, to target: UnsafeMutablePointer<Float>) {
    let first = (group &* rowCount &+ rows.lowerBound) &* depth
    expandRun(input + first, count: rows.count &* depth, to: target)
  }
}

/// The windows of a convolution: tap by tap, the channels of a group; zeros outside the image.
///
/// Up to 7 bytes past the end of the operand are read, and never enter a result.
struct WindowRows: IntegerRowSource {
  let input: IntegerOperand
  let geometry: WindowGeometry
  let groupInputs: Int

  func expand(_ rows: Range<Int>, group: Int, to target: UnsafeMutablePointer<Float>) {
    let depth = geometry.tapCount &* groupInputs
    let firstChannel = group &* groupInputs
    var row = target
    for pixel in rows {
      let (line, x) = pixel.quotientAndRemainder(dividingBy: geometry.outputWidth)
      let (image, y) = line.quotientAndRemainder(dividingBy: geometry.outputHeight)
      let top = y &* geometry.strideHeight &- geometry.top
      let left = x &* geometry.strideWidth &- geometry.left
      for tap in 0..<geometry.kernelHeight {
        let line = row + tap &* geometry.kernelWidth &* groupInputs
        guard top &+ tap >= 0 && top &+ tap < geometry.inputHeight else {
          line.update(repeating: 0, count: geometry.kernelWidth &* groupInputs)
          continue
        }
        let source = (image &* geometry.inputHeight &+ top &+ tap) &* geometry.inputWidth &+ left
        expandLine(
          input + (source &* geometry.inputChannels &+ firstChannel), x: x, to: line)
      }
      row += depth
    }
  }

  /// A row of taps, whose first pixel is `source` (or would be).
  @inline(__always)
  private func expandLine(
    _ source: IntegerOperand, x: Int, to line: UnsafeMutablePointer<Float>
  ) {
    let columns = geometry.filterColumns(at: x)
    line.update(repeating: 0, count: columns.lowerBound &* groupInputs)
    if groupInputs == geometry.inputChannels {
      expandRun(
        source + columns.lowerBound &* groupInputs, count: columns.count &* groupInputs,
        to: line + columns.lowerBound &* groupInputs)
    } else {
      for column in columns {
        expandRun(
          source + column &* geometry.inputChannels, count: groupInputs,
          to: line + column &* groupInputs)
      }
    }
    (line + columns.upperBound &* groupInputs).update(
      repeating: 0, count: (geometry.kernelWidth &- columns.upperBound) &* groupInputs)
  }
}

/// `count` elements as floats, counted from the zero point; reads up to 7 bytes and writes up to 28
/// past them.
@inline(__always)
private func expandRun(
  _ source: IntegerOperand, count: Int, to target: UnsafeMutablePointer<Float>
) {
  var index = 0
  while index < count {
    store(source.floats(index), to: target + index)
    index &+= vectorWidth
  }
}
