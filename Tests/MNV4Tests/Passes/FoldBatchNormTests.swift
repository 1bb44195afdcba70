import MNV4Graph
import MNV4Zoo
import Testing

@Suite struct FoldBatchNormTests {
  enum Layer: CaseIterable {
    case dense, depthwise, grouped, pointwise, withoutBias, fullyConnected
  }

  @Test(arguments: Layer.allCases) func foldingChangesNothingButRounding(_ layer: Layer) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 5, 7, 8])
    let fed =
      switch layer {
      case .dense: try sketch.convolution(input, outputs: 6, kernel: 3)
      case .depthwise: try sketch.convolution(input, outputs: 8, kernel: 3, groups: 8)
      case .grouped: try sketch.convolution(input, outputs: 4, kernel: 3, stride: 2, groups: 2)
      case .pointwise: try sketch.convolution(input, outputs: 9)
      case .withoutBias: try sketch.convolution(input, outputs: 9, hasBias: false)
      case .fullyConnected: try sketch.fullyConnected(input, outputs: 5, hasBias: false)
      }
    let graph = try sketch.finish(try sketch.batchNormalization(fed))
    let folded = try graph.foldingBatchNorm()
    try folded.validate()
    #expect(folded.nodes.count == 1)
    #expect(folded.nodes[0].name == graph.nodes[0].name)
    let pixels = seededElements(5 * 7 * 8)
    let difference = relativeDifference(
      try NodeByNode.run(folded, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 2e-6)
  }

  @Test func wholeNetworkIsTheSameFolded() throws {
    let architecture = try #require(Architecture.named("mobilenetv4_conv_small"))
    let graph = try architecture.build(
      .init(classCount: 10, inputSize: 32), weights: SeededWeights(seed: 3))
    let folded = try graph.foldingBatchNorm()
    try folded.validate()
    #expect(!folded.operationNames.contains("batch normalization"))
    let pixels = seededElements(32 * 32 * 3)
    let difference = relativeDifference(
      try NodeByNode.run(folded, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 1e-4)
  }

  /// What feeds a normalization that must stay where it is.
  enum Obstacle: CaseIterable {
    case sharedValue, outputOfTheGraph, activation, fusedActivation, residual, graphInput
  }

  @Test(arguments: Obstacle.allCases) func staysWhere(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let graph: Graph
    switch obstacle {
    case .sharedValue:
      let convolved = try sketch.convolution(input, outputs: 8)
      let normalized = try sketch.batchNormalization(convolved)
      graph = try sketch.finish(try sketch.append(.add(Add()), normalized, convolved))
    case .outputOfTheGraph:
      let convolved = try sketch.convolution(input, outputs: 8)
      graph = try sketch.finish(try sketch.batchNormalization(convolved), convolved)
    case .activation:
      let convolved = try sketch.convolution(input, outputs: 8)
      let active = try sketch.append(.activation(.relu), convolved)
      graph = try sketch.finish(try sketch.batchNormalization(active))
    case .fusedActivation:
      let convolved = try sketch.convolution(input, outputs: 8, activation: .relu)
      graph = try sketch.finish(try sketch.batchNormalization(convolved))
    case .residual:
      let convolved = try sketch.convolution(input, outputs: 8)
      let sum = try sketch.append(.add(Add()), convolved, input)
      let fused = try sketch.finish(try sketch.batchNormalization(sum)).fusingResiduals()
      #expect(fused.nodes.count == 2)
      graph = fused
    case .graphInput:
      graph = try sketch.finish(try sketch.batchNormalization(input))
    }
    let folded = try graph.foldingBatchNorm()
    #expect(folded.nodes.count == graph.nodes.count)
    #expect(folded.operationNames == graph.operationNames)
  }

  /// Two convolutions of one weight tensor, normalized differently, keep their own results.
  @Test func sharedWeightsAreNotFoldedTwice() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 3, 3, 4])
    let weights = try sketch.constant("weight", [4, 1, 1, 4])
    let shared = Operation.convolution(Convolution(weights: weights, bias: nil, kernel: .one))
    let first = try sketch.batchNormalization(try sketch.append(shared, input))
    let second = try sketch.batchNormalization(try sketch.append(shared, input))
    let graph = try sketch.finish(try sketch.append(.multiply(Multiply()), first, second))
    let folded = try graph.foldingBatchNorm()
    #expect(folded.nodes.count == 3)
    let pixels = seededElements(36)
    let difference = relativeDifference(
      try NodeByNode.run(folded, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 4e-6)
  }
}
