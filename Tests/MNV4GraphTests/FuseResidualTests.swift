import MNV4Core
import MNV4Graph
import Testing

/// Additions that move into the convolution before them.
@Suite struct FuseResidualTests {
  enum Operand: CaseIterable { case first, second }

  /// A depthwise convolution of the input and the input, added.
  private func network(
    _ operand: Operand, channelCount: Int?, activation: Activation = .identity
  ) throws -> Graph {
    var builder = GraphBuilder(name: "test", weights: SeededWeights(seed: 3))
    let input = try builder.input(height: 4, width: 3, channels: 5)
    let value = try builder.convolution(
      input, ConvolutionLayer("conv", outputs: 5, kernel: 3, groups: 5))
    let sum = try builder.append(
      "add", .add(Add(channelCount: channelCount, activation: activation)),
      operand == .first ? [value, input] : [input, value])
    return try builder.finish(output: sum)
  }

  private func expectSame(_ graph: Graph, _ fused: Graph) throws {
    let input = (0..<60).map { Double(($0 * 29) % 17) / 5 - 1.5 }
    let expected = try NaiveEvaluator.output(of: graph, input: input)
    #expect(try NaiveEvaluator.output(of: fused, input: input) == expected)
  }

  @Test(arguments: Operand.allCases, [Activation.identity, .relu6])
  func wholeAdditionsFuse(operand: Operand, activation: Activation) throws {
    let graph = try network(operand, channelCount: nil, activation: activation)
    let fused = graph.fusingResiduals()
    try #require(fused.nodes.count == 1)
    guard case .convolution(let convolution) = fused.nodes[0].operation else {
      Issue.record("not a convolution")
      return
    }
    #expect(convolution.residual == .whole)
    #expect(convolution.activation == activation)
    try expectSame(graph, fused)
  }

  @Test(arguments: [1, 2, 5])
  func partialAdditionsFuseIntoTheirFirstOperand(channelCount: Int) throws {
    let graph = try network(.first, channelCount: channelCount, activation: .relu)
    let fused = graph.fusingResiduals()
    try #require(fused.nodes.count == 1)
    guard case .convolution(let convolution) = fused.nodes[0].operation else {
      Issue.record("not a convolution")
      return
    }
    #expect(convolution.residual == .channels(channelCount))
    try expectSame(graph, fused)
  }

  /// The channels past the count are those of the first operand, which is not the convolution.
  @Test func partialAdditionsOfAConvolutionStay() throws {
    let graph = try network(.second, channelCount: 2)
    let fused = graph.fusingResiduals()
    #expect(fused.nodes.count == 2)
    try expectSame(graph, fused)
  }
}
