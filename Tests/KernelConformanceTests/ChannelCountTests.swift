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
}
