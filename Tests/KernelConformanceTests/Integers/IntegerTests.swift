import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// Every operation on 8-bit integers: every kernel gives the bytes that `docs/quantization.md` says.
@Suite struct IntegerTests {
  @Test(arguments: ConvolutionProblem.Kind.allCases)
  func convolution(kind: ConvolutionProblem.Kind) {
    IntegerConformance.check {
      try IntegerConvolutionProblem(kind, random: &$0).problem(random: &$0)
    }
  }

  @Test func convolutionOfLongLines() {
    IntegerConformance.check(count: IntegerConformance.problemCount / 100) {
      try IntegerConvolutionProblem(ofLongLines: &$0).problem(random: &$0)
    }
  }

  @Test func fullyConnected() {
    IntegerConformance.check {
      try IntegerMatrixProblem(random: &$0).fullyConnected(random: &$0)
    }
  }

  @Test func matrixProduct() {
    IntegerConformance.check {
      try IntegerMatrixProblem(random: &$0).matrixProduct(random: &$0)
    }
  }

  @Test(arguments: IntegerElementwiseProblem.Kind.allCases)
  func elementwise(kind: IntegerElementwiseProblem.Kind) {
    IntegerConformance.check {
      try IntegerElementwiseProblem(kind, random: &$0).problem(random: &$0)
    }
  }

  @Test(arguments: IntegerImageProblem.Kind.allCases)
  func image(kind: IntegerImageProblem.Kind) {
    IntegerConformance.check {
      try IntegerImageProblem(kind, random: &$0).problem(random: &$0)
    }
  }

  @Test(arguments: IntegerRowProblem.allCases)
  func row(kind: IntegerRowProblem) {
    IntegerConformance.check { try kind.problem(random: &$0) }
  }

  /// Counts of channels and pixels at which tiles are wide, alone and beside others.
  @Test(arguments: [48, 49, 64, 65, 96, 97, 128, 161], [127, 128, 130, 203])
  func wideTiles(outputChannels: Int, inputChannels: Int) {
    for pixelCount in [14, 15, 24, 25, 31] {
      let problem = IntegerMatrixProblem(
        batchCount: 1, rowCount: pixelCount, depth: inputChannels, columnCount: outputChannels)
      IntegerConformance.check(count: 4) { try problem.fullyConnected(random: &$0) }
    }
    IntegerConformance.check(count: 4) {
      try IntegerConvolutionProblem(.pointwise, channels: inputChannels, random: &$0)
        .problem(random: &$0)
    }
  }

  /// Counts of channels that wide tiles take by three to six vectors at once, several in turn too, depths that are
  /// no whole number of their steps, and counts of pixels that their heights do not divide.
  @Test(
    arguments: [33, 48, 49, 64, 65, 80, 81, 96, 97, 113, 129, 145, 161], [3, 11, 24, 29])
  func wideTilesOfEveryWidth(outputChannels: Int, inputChannels: Int) {
    for pixelCount in [3, 5, 8, 14, 15, 31] {
      let problem = IntegerMatrixProblem(
        batchCount: 1, rowCount: pixelCount, depth: inputChannels, columnCount: outputChannels)
      IntegerConformance.check(count: 1) { try problem.fullyConnected(random: &$0) }
    }
    IntegerConformance.check(count: 1) {
      try IntegerConvolutionProblem(.dense, channels: outputChannels, random: &$0)
        .problem(random: &$0)
    }
  }

  /// Depths at which rows are worked through in blocks, and as deep as 32-bit sums allow.
  @Test(arguments: [
    (13, 2100, 17), (7, 5000, 9), (31, 800, 8), (1, 65_000, 3), (7, 30_000, 5), (37, 2048, 130),
    (600, 300, 64),
  ])
  func deepRows(rowCount: Int, depth: Int, columnCount: Int) {
    let problem = IntegerMatrixProblem(
      batchCount: 1, rowCount: rowCount, depth: depth, columnCount: columnCount)
    IntegerConformance.check(count: 8) { try problem.fullyConnected(random: &$0) }
    guard depth < 33_000 else { return }
    IntegerConformance.check(count: 8) { try problem.matrixProduct(random: &$0) }
  }
}
