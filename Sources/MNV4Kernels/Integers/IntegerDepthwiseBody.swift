import MNV4Graph

/// A depthwise convolution of integers, eight channels of four neighbouring pixels at a time.
///
/// Computed in float32, in which the products of a window add up exactly; where the bias might lead
/// out of that, it is added in float64. The rows under the filter stand in a workspace as floats,
/// counted from the zero point, with zeros where the image ends.
///
/// Nothing but the weights is aligned. Up to 7 bytes past the end of the input are read, and never
/// enter a result. The output overlaps no operand.
struct IntegerDepthwiseBody: ScratchStepBody {
  let input: IntegerOperand
  let output: UnsafeMutableRawPointer
  /// On a 32-byte boundary.
  let weights: UnsafePointer<FloatVector>
  let bias: UnsafePointer<Int32>
  let scales: UnsafePointer<Float>
  let isExactInFloat: Bool
  let geometry: WindowGeometry
  let epilogue: IntegerEpilogue
  let cells: Grid
  let width: FilterWidth

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    switch width {
    case .three: run(part, scratch, kernelWidth: 3)
    case .five: run(part, scratch, kernelWidth: 5)
    case .any: run(part, scratch, kernelWidth: geometry.kernelWidth)
    }
  }

  /// Compiled for each constant width.
  @inline(__always)
  private func run(_ part: Int, _ scratch: UnsafeMutableRawPointer, kernelWidth: Int) {
    let (lines, blocks) = cells[part]
    var ring = RowRing(geometry, scratch)
    for block in blocks {
      ring.restart()
      for line in lines {
        let (image, y) = line.quotientAndRemainder(dividingBy: geometry.outputHeight)
        ring.advance(to: y, image: image, input: input + block &* vectorWidth)
        compute(line, y, block, ring, kernelWidth: kernelWidth)
      }
    }
  }

  @inline(__always)
  private func compute(_ line: Int, _ y: Int, _ block: Int, _ ring: RowRing, kernelWidth: Int) {
    let channel = block &* vectorWidth
    let taps = geometry.kernelHeight &* kernelWidth
    let filter = weights + block &* taps
    let terms = UnsafeRawPointer(bias + channel).loadUnaligned(as: SIMD8<Int32>.self)
    let start = isExactInFloat ? FloatVector(terms) : .zero
    let scale = load(scales + channel)
    let count = min(geometry.outputChannels &- channel, vectorWidth)
    let stride = geometry.strideWidth
    let first = y &* geometry.strideHeight &- geometry.top
    let place = ring.place(of: first)
    var offset = line &* geometry.outputWidth &* geometry.outputChannels &+ channel
    var x = 0
    while x < geometry.outputWidth {
      // The last four overlap those before them where the width is no multiple of four.
      if x &+ 4 > geometry.outputWidth && geometry.outputWidth >= 4 {
        let back = x &+ 4 &- geometry.outputWidth
        x &-= back
        offset &-= back &* geometry.outputChannels
      }
      let pixels = min(geometry.outputWidth &- x, 4)
      var sum0 = start
      var sum1 = start
      var sum2 = start
      var sum3 = start
      var weight = filter
      var row = 0
      var place = place
      while row < geometry.kernelHeight {
        var pixel = ring.row(first &+ row, at: place) + x &* stride
        var column = 0
        while column < kernelWidth {
          sum0 += pixel[0] * weight[column]
          sum1 += pixel[stride] * weight[column]
          sum2 += pixel[stride &* 2] * weight[column]
          sum3 += pixel[stride &* 3] * weight[column]
          pixel += 1
          column &+= 1
        }
        weight += kernelWidth
        row &+= 1
        place = place &+ 1 == geometry.kernelHeight ? 0 : place &+ 1
      }
      if !isExactInFloat {
        sum0 = add(terms, sum0)
        sum1 = add(terms, sum1)
        sum2 = add(terms, sum2)
        sum3 = add(terms, sum3)
      }
      let step = geometry.outputChannels
      store(sum0, scale, offset, count)
      if pixels > 1 { store(sum1, scale, offset &+ step, count) }
      if pixels > 2 { store(sum2, scale, offset &+ step &* 2, count) }
      if pixels > 3 { store(sum3, scale, offset &+ step &* 3, count) }
      x &+= 4
      offset &+= step &* 4
    }
  }

  /// The exact sum, rounded to float32.
  @inline(never)
  private func add(_ bias: SIMD8<Int32>, _ sum: FloatVector) -> FloatVector {
    FloatVector(SIMD8<Double>(bias) + SIMD8<Double>(sum))
  }

  @inline(__always)
  private func store(_ sum: FloatVector, _ scales: FloatVector, _ offset: Int, _ count: Int) {
    epilogue.store(sum, scales: scales, to: output, at: offset, count: count)
  }
}

/// The rows of eight channels that lie under a filter, as floats: each row of the image is expanded
/// once while the filter moves down.
///
/// Rows are as wide as the filter's way with the padding, and three strides wider, which may hold
/// anything.
struct RowRing {
  private let geometry: WindowGeometry
  private let rows: UnsafeMutablePointer<FloatVector>
  private let rowLength: Int
  private let zeros: UnsafeMutablePointer<FloatVector>
  private var image = -1
  /// Rows of the image below this have been expanded.
  private var end = 0

  /// Pixels of a row: those that four successive windows from the last pixel on would read.
  private static func rowLength(_ geometry: WindowGeometry) -> Int {
    saturatingSum(
      saturatingProduct(geometry.outputWidth + 3, geometry.strideWidth), geometry.kernelWidth)
  }

  static func byteCount(_ geometry: WindowGeometry) -> Int {
    saturatingProduct(geometry.kernelHeight + 1, rowLength(geometry), 32)
  }

  /// - Parameter scratch: on a 32-byte boundary, of `byteCount` bytes.
  @inline(__always)
  init(_ geometry: WindowGeometry, _ scratch: UnsafeMutableRawPointer) {
    self.geometry = geometry
    // As `rowLength(_:)`, whose product with the height fits: the scratch holds it.
    rowLength = (geometry.outputWidth &+ 3) &* geometry.strideWidth &+ geometry.kernelWidth
    rows = scratch.assumingMemoryBound(to: FloatVector.self)
    zeros = rows + geometry.kernelHeight &* rowLength
    zeros.update(repeating: .zero, count: rowLength)
    let end = min(geometry.left &+ geometry.inputWidth, rowLength)
    for place in 0..<geometry.kernelHeight {
      let row = rows + place &* rowLength
      row.update(repeating: .zero, count: geometry.left)
      (row + end).update(repeating: .zero, count: rowLength &- end)
    }
  }

  /// Forgets what was expanded.
  @inline(__always)
  mutating func restart() { image = -1 }

  /// Where row `y` of the image stands, or would; the next row is at the next place, or at 0.
  @inline(__always)
  func place(of y: Int) -> Int {
    let rest = y % geometry.kernelHeight
    return rest < 0 ? rest &+ geometry.kernelHeight : rest
  }

  /// Row `y` of the image, which stands at `place`; zeros outside the image. The first element is
  /// that of the left padding.
  @inline(__always)
  func row(_ y: Int, at place: Int) -> UnsafePointer<FloatVector> {
    let isInside = y >= 0 && y < geometry.inputHeight
    return UnsafePointer(isInside ? rows + place &* rowLength : zeros)
  }

  /// Makes the rows ready that output row `y` needs. Within an image rows only advance.
  @inline(__always)
  mutating func advance(to y: Int, image: Int, input: IntegerOperand) {
    let first = y &* geometry.strideHeight &- geometry.top
    if image != self.image {
      self.image = image
      end = 0
    }
    var row = max(end, first, 0)
    end = max(end, min(first &+ geometry.kernelHeight, geometry.inputHeight))
    while row < end {
      let source =
        input + (image &* geometry.inputHeight &+ row) &* geometry.inputWidth
        &* geometry.inputChannels
      expand(source, to: rows + (place(of: row) &* rowLength &+ geometry.left))
      row &+= 1
    }
  }

  /// As many pixels of the row as windows reach.
  @inline(__always)
  private func expand(_ source: IntegerOperand, to target: UnsafeMutablePointer<FloatVector>) {
    let count = min(geometry.inputWidth, rowLength &- geometry.left)
    var index = 0
    var offset = 0
    while index < count {
      target[index] = source.floats(offset)
      offset &+= geometry.inputChannels
      index &+= 1
    }
  }
}
