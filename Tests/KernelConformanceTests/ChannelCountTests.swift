import MNV4Kernels
import Testing

/// Every count of channels up to one above the widest vector of bytes, with whatever filters, sizes and
/// strides: random problems need not meet each.
@Suite struct ChannelCountTests {
  #if DEBUG
    private static let problemCount = 1
  #else
    private static let problemCount = 4
  #endif
  private static let kinds: [ConvolutionProblem.Kind] = [.pointwise, .depthwise, .dense]

  @Test(arguments: kinds, 1...65)
  func floats(kind: ConvolutionProblem.Kind, channels: Int) throws {
    for seed in 0..<Self.problemCount {
      var random = SeededRandom(seed)
      let problem = ConvolutionProblem(kind, channels: channels, random: &random)
      try Conformance.check(problem.problem(random: &random))
    }
  }

  @Test(arguments: kinds, 1...65)
  func integers(kind: ConvolutionProblem.Kind, channels: Int) {
    IntegerConformance.check(count: Self.problemCount) {
      try IntegerConvolutionProblem(kind, channels: channels, random: &$0).problem(random: &$0)
    }
  }

  /// Products of activations so deep and so wide, softmax of rows so long, means and functions of so
  /// many channels.
  @Test(arguments: 1...65)
  func operations(channels: Int) throws {
    var random = SeededRandom(channels)
    for (depth, columnCount) in [(channels, 66 - channels), (64, channels)] {
      try Conformance.check(
        MatrixProblem(batchCount: 2, rowCount: 15, depth: depth, columnCount: columnCount)
          .matrixProduct(random: &random))
      IntegerConformance.check(count: 2 * Self.problemCount) {
        try IntegerMatrixProblem(
          batchCount: 2, rowCount: 15, depth: depth, columnCount: columnCount
        ).matrixProduct(random: &$0)
      }
    }
    try Conformance.check(
      SoftmaxProblem(shape: [1, 18, channels], scale: 10).problem(random: &random))
    try Conformance.check(
      PoolingProblem(isGlobal: false, channels: channels, random: &random)
        .problem(random: &random))
  }
}
