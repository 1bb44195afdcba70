import MNV4Core
import MNV4Graph

struct PackedIntegerPool: PackedKernel {
  let geometry: WindowGeometry
  let input: Value
  let output: Value

  init(_ problem: StepProblem, _ geometry: WindowGeometry) {
    self.geometry = geometry
    input = problem.inputs[0]
    output = problem.output
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = IntegerPoolBody(
      input: binding.integers(0, input),
      output: binding.outputBytes, geometry: geometry,
      epilogue: IntegerEpilogue(output, .identity), scales: (input.scale, output.scale),
      cells: Grid(
        lines: geometry,
        nanosecondsPerPixelBlock: Double(geometry.tapCount * vectorWidth)
          / Throughput.expansion, workers: workers))
    return ParallelStep(body, partCount: body.cells.partCount, workers: workers)
  }
}

/// The mean of each window's pixels within the image. Their sum is exact in float32.
///
/// Nothing is aligned. Up to 7 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
private struct IntegerPoolBody: StepBody {
  let input: IntegerOperand
  let output: UnsafeMutablePointer<UInt8>
  let geometry: WindowGeometry
  let epilogue: IntegerEpilogue
  let scales: (input: Float, output: Float)
  let cells: Grid

  func run(part: Int) {
    let (lines, blocks) = cells[part]
    for line in lines {
      for x in 0..<geometry.outputWidth { mean(line, x, blocks) }
    }
  }

  private func mean(_ line: Int, _ x: Int, _ blocks: Range<Int>) {
    let channels = geometry.outputChannels
    let (image, y) = line.quotientAndRemainder(dividingBy: geometry.outputHeight)
    let rows = geometry.filterRows(at: y)
    let columns = geometry.filterColumns(at: x)
    let firstRow =
      image &* geometry.inputHeight &+ y &* geometry.strideHeight &- geometry.top
      &+ rows.lowerBound
    let firstColumn = x &* geometry.strideWidth &- geometry.left &+ columns.lowerBound
    let source = input + (firstRow &* geometry.inputWidth &+ firstColumn) &* channels
    let scale = Requantization.scale(
      mean: rows.count &* columns.count, input: scales.input, output: scales.output)
    let target = (line &* geometry.outputWidth &+ x) &* channels
    for block in blocks {
      let channel = block &* vectorWidth
      var sum = FloatVector.zero
      for row in 0..<rows.count {
        var pixel = row &* geometry.inputWidth &* channels &+ channel
        for _ in 0..<columns.count {
          sum += source.floats(pixel)
          pixel &+= channels
        }
      }
      epilogue.store(
        sum, scale: scale, to: output, at: target &+ channel,
        count: min(channels &- channel, vectorWidth))
    }
  }
}
