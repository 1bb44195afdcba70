import MNV4Core
import MNV4Graph

/// Means over windows and over whole images.
let poolingKernels: [Kernel] = [
  Kernel(
    name: "f32_average_pool_swift",
    supports: { $0.isFloat && poolGeometry($0) != nil },
    nanoseconds: { problem in
      let taps = poolGeometry(problem)?.tapCount ?? 0
      let sums = Double(problem.output.shape.elementCount * taps)
      return max(sums / Throughput.depthwise, problem.memoryNanoseconds)
    },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in
      guard let geometry = poolGeometry(problem) else { preconditionFailure("not a pool") }
      return PackedPool(geometry: geometry)
    })
]

/// The windows of a mean; nil for other operations.
func poolGeometry(_ problem: StepProblem) -> WindowGeometry? {
  let input = problem.inputs[0]
  switch problem.operation {
  case .averagePool(let pool):
    return WindowGeometry(
      input: input, output: problem.output, kernel: pool.kernel, stride: pool.stride,
      padding: pool.padding)
  case .globalAveragePool:
    return WindowGeometry(
      input: input, output: problem.output,
      kernel: Extent(input.shape[1], input.shape[2]), stride: .one, padding: .none)
  case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
    .multiply, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear,
    .quantize, .dequantize:
    return nil
  }
}

struct PackedPool: PackedKernel {
  let geometry: WindowGeometry

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = PoolBody(
      input: binding.floats(0), output: binding.outputFloats, geometry: geometry,
      cells: Grid(
        lines: geometry,
        nanosecondsPerPixelBlock: Double(geometry.tapCount * vectorWidth)
          / Throughput.depthwise,
        workers: workers))
    return ParallelStep(body, partCount: body.cells.partCount, workers: workers)
  }
}

/// The mean of each window's pixels within the image: their sum in row order, divided by their count.
///
/// Nothing is aligned. Up to 28 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
struct PoolBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let geometry: WindowGeometry
  let cells: Grid

  func run(part: Int) {
    let (lines, blocks) = cells[part]
    for line in lines {
      for x in 0..<geometry.outputWidth { mean(line: line, x: x, blocks: blocks) }
    }
  }

  private func mean(line: Int, x: Int, blocks: Range<Int>) {
    let channels = geometry.outputChannels
    let y = line % geometry.outputHeight
    let rows = geometry.filterRows(at: y)
    let columns = geometry.filterColumns(at: x)
    let firstRow =
      line / geometry.outputHeight &* geometry.inputHeight &+ y &* geometry.strideHeight
      &- geometry.top &+ rows.lowerBound
    let firstColumn = x &* geometry.strideWidth &- geometry.left &+ columns.lowerBound
    let source = input + (firstRow &* geometry.inputWidth &+ firstColumn) &* channels
    let target = (line &* geometry.outputWidth &+ x) &* channels
    let count = Float(rows.count &* columns.count)
    for block in blocks {
      let channel = block &* vectorWidth
      var sum = FloatVector.zero
      var row = 0
      while row < rows.count {
        var pixel = source + (row &* geometry.inputWidth &* channels &+ channel)
        var column = 0
        while column < columns.count {
          sum += load(pixel)
          pixel += channels
          column &+= 1
        }
        row &+= 1
      }
      store(
        sum / count, to: output + (target &+ channel),
        count: min(channels &- channel, vectorWidth))
    }
  }
}
