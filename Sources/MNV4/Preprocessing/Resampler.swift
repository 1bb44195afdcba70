internal import MNV4Graph

/// Resizes a picture and keeps a window of the result.
///
/// The window's pixels equal, bit for bit, those of `Image.resize` of Pillow 13 followed by a crop.
/// Each of the two passes rounds to 8 bits, and an axis whose size does not change is copied. The
/// horizontal pass comes first, except where the height shrinks, and by more than twice as many
/// pixels as the width. (Earlier versions of Pillow have no such exception; the results differ in
/// rounding.) Only what the window needs is computed. The memory used beside the result is four bytes
/// a sample of the window, and, with the vertical pass first, of a row of the input.
struct Resampler {
  /// The part of the resized picture to keep.
  struct Window: Hashable {
    var resizedWidth: Int
    var resizedHeight: Int
    var left: Int
    var top: Int
    var width: Int
    var height: Int
  }

  let window: Window
  /// Nil where the axis keeps its size.
  private let horizontal: ResamplingTable?
  private let vertical: ResamplingTable?
  private let inputWidth: Int
  private let isVerticalFirst: Bool

  /// `window` lies within the resized picture.
  init(
    inputWidth: Int, inputHeight: Int, window: Window, filter: ImagePreprocessing.Interpolation
  ) throws(MNV4Error) {
    precondition(window.left >= 0 && window.width > 0)
    precondition(window.top >= 0 && window.height > 0)
    precondition(window.left <= window.resizedWidth - window.width)
    precondition(window.top <= window.resizedHeight - window.height)
    self.window = window
    self.inputWidth = inputWidth
    let removedRowCount = inputHeight - window.resizedHeight
    let removedColumnCount = inputWidth - window.resizedWidth
    isVerticalFirst =
      removedRowCount > 0
      && (removedColumnCount <= 0 || removedRowCount - removedColumnCount > removedColumnCount)
    if inputWidth == window.resizedWidth {
      horizontal = nil
    } else {
      horizontal = try ResamplingTable(
        inputSize: inputWidth, outputSize: window.resizedWidth,
        range: window.left..<(window.left + window.width), filter: filter)
    }
    if inputHeight == window.resizedHeight {
      vertical = nil
    } else {
      vertical = try ResamplingTable(
        inputSize: inputHeight, outputSize: window.resizedHeight,
        range: window.top..<(window.top + window.height), filter: filter)
    }
  }

  /// The window's samples, interleaved RGB, for a picture of the size named at the start.
  func pixels(of image: RGBImage) throws(MNV4Error) -> [UInt8] {
    let rowCount = window.width * 3
    return try [UInt8].allocating(count: rowCount * window.height) {
      (output) throws(MNV4Error) in
      try image.pixels.withUnsafeBufferPointer { (input) throws(MNV4Error) in
        guard let source = input.baseAddress, let target = output.baseAddress else { return }
        guard let vertical else {
          for y in 0..<window.height {
            resampleRow(
              from: source + (window.top + y) * inputWidth * 3, to: target + y * rowCount)
          }
          return
        }
        if let horizontal, isVerticalFirst {
          try resampleVerticallyFirst(
            from: source, to: target, rowCount: rowCount, vertical: vertical,
            columns: horizontal.inputRange)
        } else {
          try resampleHorizontallyFirst(
            from: source, to: target, rowCount: rowCount, vertical: vertical)
        }
      }
    }
  }

  /// The horizontal pass of one row, of which `source` holds the columns from `firstColumn`:
  /// `window.width` pixels.
  private func resampleRow(
    from source: UnsafePointer<UInt8>, startingAt firstColumn: Int = 0,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    guard let horizontal else {
      target.update(from: source + window.left * 3, count: window.width * 3)
      return
    }
    horizontal.weights.withUnsafeBufferPointer { weights in
      horizontal.starts.withUnsafeBufferPointer { starts in
        horizontal.counts.withUnsafeBufferPointer { counts in
          guard let base = weights.baseAddress else { return }
          for x in 0..<window.width {
            var pixel = source + (starts[x] - firstColumn) * 3
            var weight = base + x * horizontal.stride
            let end = weight + counts[x]
            var red = Self.half
            var green = Self.half
            var blue = Self.half
            while weight < end {
              red &+= Int32(pixel[0]) &* weight[0]
              green &+= Int32(pixel[1]) &* weight[0]
              blue &+= Int32(pixel[2]) &* weight[0]
              pixel += 3
              weight += 1
            }
            target[x * 3] = Self.sample(red)
            target[x * 3 + 1] = Self.sample(green)
            target[x * 3 + 2] = Self.sample(blue)
          }
        }
      }
    }
  }

  /// Both passes: every input row, resampled horizontally, is added to the output rows that it
  /// reaches.
  private func resampleHorizontallyFirst(
    from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, rowCount: Int,
    vertical: ResamplingTable
  ) throws(MNV4Error) {
    var row = try [UInt8].allocating(count: rowCount) { $0.initialize(repeating: 0) }
    var sums = try [Int32].allocating(count: rowCount * window.height) {
      $0.initialize(repeating: Self.half)
    }
    row.withUnsafeMutableBufferPointer { row in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let line = row.baseAddress, let total = sums.baseAddress else { return }
        // Starts and ends grow with the output row, so the rows in reach are a sliding range.
        var first = 0
        for y in vertical.inputRange {
          while first < window.height, vertical.starts[first] + vertical.counts[first] <= y {
            first += 1
          }
          resampleRow(from: source + y * inputWidth * 3, to: line)
          var output = first
          while output < window.height, vertical.starts[output] <= y {
            let weight = vertical.weights[output * vertical.stride + y - vertical.starts[output]]
            Self.add(line, times: weight, to: total + output * rowCount, count: rowCount)
            output += 1
          }
        }
        for index in 0..<sums.count { target[index] = Self.sample(total[index]) }
      }
    }
  }

  /// Both passes: the input rows of an output row are summed, then resampled horizontally.
  ///
  /// `columns` are those that the horizontal pass reads.
  private func resampleVerticallyFirst(
    from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, rowCount: Int,
    vertical: ResamplingTable, columns: Range<Int>
  ) throws(MNV4Error) {
    let lineCount = columns.count * 3
    var row = try [UInt8].allocating(count: lineCount) { $0.initialize(repeating: 0) }
    var sums = try [Int32].allocating(count: lineCount) { $0.initialize(repeating: 0) }
    row.withUnsafeMutableBufferPointer { row in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let line = row.baseAddress, let total = sums.baseAddress else { return }
        for y in 0..<window.height {
          total.update(repeating: Self.half, count: lineCount)
          for index in 0..<vertical.counts[y] {
            let start = (vertical.starts[y] + index) * inputWidth + columns.lowerBound
            let weight = vertical.weights[y * vertical.stride + index]
            Self.add(source + start * 3, times: weight, to: total, count: lineCount)
          }
          for index in 0..<lineCount { line[index] = Self.sample(total[index]) }
          resampleRow(from: line, startingAt: columns.lowerBound, to: target + y * rowCount)
        }
      }
    }
  }

  private static let half = Int32(1) << (ResamplingTable.fractionBits - 1)

  @inline(__always)
  private static func add(
    _ line: UnsafePointer<UInt8>, times weight: Int32, to sums: UnsafeMutablePointer<Int32>,
    count: Int
  ) {
    for index in 0..<count { sums[index] &+= Int32(line[index]) &* weight }
  }

  /// A sum, with the half added already, as a sample: shifted, then clamped.
  @inline(__always)
  private static func sample(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> ResamplingTable.fractionBits, 0), 255))
  }
}
