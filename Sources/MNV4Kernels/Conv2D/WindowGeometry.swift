import MNV4Core
import MNV4Graph

/// The extents of a two-dimensional window over `[N, H, W, C]`.
struct WindowGeometry {
  let batchCount: Int
  let inputHeight: Int
  let inputWidth: Int
  let inputChannels: Int
  let outputHeight: Int
  let outputWidth: Int
  let outputChannels: Int
  let kernelHeight: Int
  let kernelWidth: Int
  let strideHeight: Int
  let strideWidth: Int
  let top: Int
  let left: Int

  var tapCount: Int { kernelHeight * kernelWidth }

  /// Pixels of the output.
  var pixelCount: Int { batchCount * outputHeight * outputWidth }

  /// The rows of the filter that meet the image in output row `y`; never empty.
  @inline(__always)
  func filterRows(at y: Int) -> Range<Int> {
    let origin = y &* strideHeight &- top
    return max(0, 0 &- origin)..<min(kernelHeight, inputHeight &- origin)
  }

  /// The columns of the filter that meet the image in output column `x`; never empty.
  @inline(__always)
  func filterColumns(at x: Int) -> Range<Int> {
    let origin = x &* strideWidth &- left
    return max(0, 0 &- origin)..<min(kernelWidth, inputWidth &- origin)
  }

  /// The output columns whose windows lie within the image; possibly empty.
  var interiorColumns: Range<Int> {
    let first = (left + strideWidth - 1) / strideWidth
    let reach = inputWidth + left - kernelWidth
    let end = reach < 0 ? 0 : min(reach / strideWidth + 1, outputWidth)
    let start = min(first, outputWidth)
    return start..<max(start, end)
  }
}

extension WindowGeometry {
  init(input: Value, output: Value, kernel: Extent, stride: Extent, padding: Padding) {
    self.init(
      batchCount: input.shape[0], inputHeight: input.shape[1], inputWidth: input.shape[2],
      inputChannels: input.shape[3], outputHeight: output.shape[1], outputWidth: output.shape[2],
      outputChannels: output.shape[3], kernelHeight: kernel.height, kernelWidth: kernel.width,
      strideHeight: stride.height, strideWidth: stride.width, top: padding.top,
      left: padding.left)
  }

  init(_ convolution: Convolution, of problem: StepProblem) {
    self.init(
      input: problem.inputs[0], output: problem.output, kernel: convolution.kernel,
      stride: convolution.stride, padding: convolution.padding)
  }
}
