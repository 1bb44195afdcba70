import MNV4Core
import Testing

@testable import MNV4Graph

/// What folding may copy is limited, and what is left unfolded still computes the same.
@Suite struct FoldingBudgetTests {
  /// A fully connected layer `[1, 3] → [1, channels]`, then `count` normalizations and as many scales
  /// that share their constants.
  private func chain(channels: Int, count: Int) throws -> Graph {
    var graph = Graph(name: "chain")
    func constant(_ shape: [Int], _ element: (Int) -> Float) throws -> ConstantID {
      let shape = try Shape(shape)
      let elements = (0..<shape.elementCount).map(element)
      graph.constants.append(try Constant(name: "c", shape: shape, copying: elements))
      return ConstantID(graph.constants.count - 1)
    }
    func append(_ operation: Operation) throws {
      let input = ValueID(graph.values.count - 1)
      graph.values.append(Value(shape: try Shape([1, channels])))
      graph.nodes.append(
        Node(
          name: "n\(graph.nodes.count)", operation: operation, inputs: [input],
          output: ValueID(graph.values.count - 1)))
    }
    graph.values = [Value(shape: try Shape([1, 3]))]
    graph.inputs = [ValueID(0)]
    let weights = try constant([channels, 3]) { Float($0 % 7) / 4 - 0.7 }
    try append(.fullyConnected(FullyConnected(weights: weights, bias: nil)))
    let normalization = BatchNormalization(
      scale: try constant([channels]) { 0.9 + Float($0 % 5) / 20 },
      shift: try constant([channels]) { Float($0 % 3) / 10 },
      mean: try constant([channels]) { Float($0 % 4) / 10 },
      variance: try constant([channels]) { 0.9 + Float($0 % 3) / 10 }, epsilon: 1e-3)
    let scale = try constant([channels]) { 1.1 - Float($0 % 5) / 20 }
    for _ in 0..<count { try append(.batchNormalization(normalization)) }
    for _ in 0..<count { try append(.channelScale(ChannelScale(scale: scale))) }
    graph.outputs = [ValueID(graph.values.count - 1)]
    try graph.validate()
    return graph
  }

  private func difference(_ graph: Graph, _ folded: Graph) throws -> Double {
    let input = [0.3, -1.1, 0.8]
    let expected = try NaiveEvaluator.output(of: graph, input: input)
    let found = try NaiveEvaluator.output(of: folded, input: input)
    try #require(expected.count == found.count)
    return zip(expected, found).map { abs($0 - $1) / max(abs($0), 1) }.max() ?? .infinity
  }

  @Test func chainWithinTheBudgetFoldsWhole() throws {
    let graph = try chain(channels: 8, count: 10)
    let folded = try graph.foldingConstants()
    #expect(folded.nodes.count == 1)
    #expect(folded.constants.count == 2)
    #expect(try difference(graph, folded) < 1e-5)
  }

  /// A fold of the layer costs its weights and one number a channel: 24 + 8.
  @Test(arguments: [(0, 0), (31, 0), (32, 1), (100, 3), (320, 10), (10_000, 10)])
  func foldsBeyondTheBudgetStay(elementCount: Int, foldCount: Int) throws {
    let graph = try chain(channels: 8, count: 10)
    var budget = FoldingBudget(elementCount: elementCount)
    let folded = try graph.foldingBatchNorm(within: &budget)
    try folded.validate()
    #expect(graph.nodes.count - folded.nodes.count == foldCount)
    #expect(budget.elementCount == elementCount - 32 * foldCount)
    #expect(try difference(graph, folded) < 1e-5)
  }

  @Test(arguments: [0, 31, 32, 96]) func scalesBeyondTheBudgetStay(elementCount: Int) throws {
    let graph = try chain(channels: 8, count: 10).foldingBatchNorm()
    var budget = FoldingBudget(elementCount: elementCount)
    let folded = try graph.foldingChannelScale(within: &budget)
    #expect(graph.nodes.count - folded.nodes.count == elementCount / 32)
    #expect(try difference(graph, folded) < 1e-5)
  }

  /// Layers of one weight matrix behind one normalization: each fold makes a copy.
  @Test func sharedWeightsAreNotCopiedBeyondTheBudget() throws {
    var graph = Graph(name: "shared")
    graph.values = [Value(shape: try Shape([1, 4])), Value(shape: try Shape([1, 4]))]
    let ones = [Float](repeating: 1, count: 16)
    graph.constants = [
      try Constant(name: "w", shape: try Shape([4, 4]), copying: ones),
      try Constant(name: "s", shape: try Shape([4]), copying: [1, 2, 3, 4]),
    ]
    let scale = ConstantID(1)
    graph.nodes = [
      Node(
        name: "norm",
        operation: .batchNormalization(
          BatchNormalization(
            scale: scale, shift: scale, mean: scale, variance: scale, epsilon: 1)),
        inputs: [ValueID(0)], output: ValueID(1))
    ]
    for index in 0..<6 {
      graph.values.append(Value(shape: try Shape([1, 4])))
      graph.nodes.append(
        Node(
          name: "fc\(index)",
          operation: .fullyConnected(FullyConnected(weights: ConstantID(0), bias: nil)),
          inputs: [ValueID(1)], output: ValueID(2 + index)))
    }
    for index in 0..<5 {
      graph.values.append(Value(shape: try Shape([1, 4])))
      graph.nodes.append(
        Node(
          name: "sum\(index)", operation: .add(Add()),
          inputs: [ValueID(index == 0 ? 2 : 7 + index), ValueID(3 + index)],
          output: ValueID(8 + index)))
    }
    graph.inputs = [ValueID(0)]
    graph.outputs = [ValueID(12)]
    try graph.validate()
    // 4 for the normalization's numbers, 16 + 4 for each layer.
    var budget = FoldingBudget(elementCount: 4 + 3 * 20)
    let folded = try graph.foldingBatchNormForward(within: &budget)
    try folded.validate()
    #expect(budget.elementCount == 0)
    #expect(folded.nodes.filter { $0.inputs == folded.inputs }.count == 4)
    let input = [0.3, -1.1, 0.8, 2]
    let expected = try NaiveEvaluator.output(of: graph, input: input)
    let found = try NaiveEvaluator.output(of: folded, input: input)
    #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(expected.count == found.count)
  }

  @Test func budgetGrowsWithTheConstants() throws {
    let small = FoldingBudget(for: try chain(channels: 8, count: 1)).elementCount
    let large = FoldingBudget(for: try chain(channels: 16, count: 1)).elementCount
    #expect(small == (1 << 20) + 3 * (24 + 5 * 8))
    #expect(large - small == 3 * (24 + 5 * 8))
  }
}
