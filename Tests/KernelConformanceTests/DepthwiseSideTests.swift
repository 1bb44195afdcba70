import MNV4Core
import MNV4Graph
import Testing

/// Square filters at equal strides over every width of a few tiles, with the padding that networks have:
/// kernels compute what lies at an image's sides in code of its own for each width that is left there.
@Suite struct DepthwiseSideTests {
  @Test(arguments: [3, 5, 7], [1, 2])
  func everyWidth(kernel: Int, stride: Int) throws {
    for width in 1...14 {
      // From one row to more than two tiles.
      for (isSymmetric, height) in [(true, 4 + width % 5), (false, 1 + width % 4)] {
        var random = SeededRandom(100 * width + height)
        var problem = ConvolutionProblem(.depthwise, channels: 18, random: &random)
        (problem.batchCount, problem.height, problem.width) = (1, height, width)
        problem.convolution.kernel = Extent(kernel, kernel)
        problem.convolution.stride = Extent(stride, stride)
        let rows = isSymmetric ? kernel / 2 * 2 : Self.total(height, kernel, stride)
        let columns = isSymmetric ? kernel / 2 * 2 : Self.total(width, kernel, stride)
        problem.convolution.padding = Padding(
          top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
        try Conformance.check(problem.problem(random: &random))
      }
    }
  }

  /// The padding with which there is an output for every `stride`th of `count`.
  private static func total(_ count: Int, _ kernel: Int, _ stride: Int) -> Int {
    max(((count + stride - 1) / stride - 1) * stride + kernel - count, 0)
  }
}
