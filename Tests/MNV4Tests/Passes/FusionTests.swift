import MNV4Graph
import Testing

@Suite struct FuseActivationTests {
  /// What an activation can be part of.
  enum Producer: CaseIterable {
    case convolution, fullyConnected, add, multiply
  }

  @Test(arguments: Producer.allCases, [Activation.relu, .hardSwish])
  func fuses(_ producer: Producer, _ function: Activation) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 3, 8])
    let fed =
      switch producer {
      case .convolution: try sketch.convolution(input, outputs: 5, kernel: 3)
      case .fullyConnected: try sketch.fullyConnected(input, outputs: 5)
      case .add: try sketch.append(.add(Add()), input, input)
      case .multiply: try sketch.append(.multiply(Multiply()), input, input)
      }
    let graph = try sketch.finish(try sketch.append(.activation(function), fed))
    let fused = graph.fusingActivations()
    try fused.validate()
    #expect(fused.nodes.count == 1)
    #expect(fused.nodes[0].operation.fusedActivation == function)
    let pixels = seededElements(96)
    let difference = relativeDifference(
      try NodeByNode.run(fused, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 1e-6)
  }

  /// What keeps an activation a node of its own.
  enum Obstacle: CaseIterable {
    case sharedValue, outputOfTheGraph, secondActivation, pool, graphInput
  }

  @Test(arguments: Obstacle.allCases) func staysWhere(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let graph: Graph
    switch obstacle {
    case .sharedValue:
      let convolved = try sketch.convolution(input, outputs: 8)
      let active = try sketch.append(.activation(.relu), convolved)
      graph = try sketch.finish(try sketch.append(.multiply(Multiply()), active, convolved))
    case .outputOfTheGraph:
      let convolved = try sketch.convolution(input, outputs: 8)
      graph = try sketch.finish(try sketch.append(.activation(.relu), convolved), convolved)
    case .secondActivation:
      let convolved = try sketch.convolution(input, outputs: 8, activation: .relu)
      graph = try sketch.finish(try sketch.append(.activation(.sigmoid), convolved))
    case .pool:
      let pooled = try sketch.append(.globalAveragePool, input)
      graph = try sketch.finish(try sketch.append(.activation(.relu), pooled))
    case .graphInput:
      graph = try sketch.finish(try sketch.append(.activation(.relu), input))
    }
    let fused = graph.fusingActivations()
    #expect(fused.nodes == graph.nodes)
  }
}

@Suite struct FuseResidualTests {
  @Test(arguments: [true, false], [Activation.identity, .relu])
  func fuses(convolutionIsFirst: Bool, _ activation: Activation) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let convolved = try sketch.convolution(input, outputs: 8, kernel: 3)
    let add = Operation.add(Add(activation: activation))
    let sum =
      convolutionIsFirst
      ? try sketch.append(add, convolved, input) : try sketch.append(add, input, convolved)
    let graph = try sketch.finish(sum)
    let fused = graph.fusingResiduals()
    try fused.validate()
    #expect(fused.nodes.count == 1)
    #expect(fused.nodes[0].inputs == [fused.inputs[0], fused.inputs[0]])
    #expect(fused.nodes[0].operation.fusedActivation == activation)
    let pixels = seededElements(128)
    let difference = relativeDifference(
      try NodeByNode.run(fused, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 1e-6)
  }

  /// Of two convolutions one takes the sum in, and the other stays what it was.
  @Test func sumOfTwoConvolutionsGoesIntoOne() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 6, name: "first")
    let second = try sketch.convolution(input, outputs: 6, name: "second")
    let graph = try sketch.finish(try sketch.append(.add(Add()), first, second))
    let fused = graph.fusingResiduals()
    try fused.validate()
    #expect(fused.nodes.map(\.name) == ["second", "first"])
    #expect(fused.nodes.map(\.inputs.count) == [1, 2])
    let pixels = seededElements(128)
    let difference = relativeDifference(
      try NodeByNode.run(fused, pixels), try NodeByNode.run(graph, pixels))
    #expect(difference < 1e-6)
  }

  enum Obstacle: CaseIterable {
    case sharedValue, outputOfTheGraph, activatedConvolution, partialAdd, doubling, noConvolution
  }

  @Test(arguments: Obstacle.allCases) func staysWhere(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let graph: Graph
    switch obstacle {
    case .sharedValue:
      let convolved = try sketch.convolution(input, outputs: 8)
      let sum = try sketch.append(.add(Add()), convolved, input)
      graph = try sketch.finish(try sketch.append(.multiply(Multiply()), sum, convolved))
    case .outputOfTheGraph:
      let convolved = try sketch.convolution(input, outputs: 8)
      graph = try sketch.finish(try sketch.append(.add(Add()), convolved, input), convolved)
    case .activatedConvolution:
      let convolved = try sketch.convolution(input, outputs: 8, activation: .relu)
      graph = try sketch.finish(try sketch.append(.add(Add()), convolved, input))
    case .partialAdd:
      let convolved = try sketch.convolution(input, outputs: 8)
      graph = try sketch.finish(try sketch.append(.add(Add(channelCount: 4)), convolved, input))
    case .doubling:
      let convolved = try sketch.convolution(input, outputs: 8)
      graph = try sketch.finish(try sketch.append(.add(Add()), convolved, convolved))
    case .noConvolution:
      let connected = try sketch.fullyConnected(input, outputs: 8)
      graph = try sketch.finish(try sketch.append(.add(Add()), connected, input))
    }
    #expect(graph.fusingResiduals().nodes == graph.nodes)
  }

  /// A convolution that already adds a residual keeps a second addition apart.
  @Test func secondResidualStays() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let convolved = try sketch.convolution(input, outputs: 8)
    let once = try sketch.append(.add(Add()), convolved, input)
    let graph = try sketch.finish(try sketch.append(.add(Add()), once, input))
    let fused = graph.fusingResiduals().fusingResiduals()
    #expect(fused.operationNames == ["pointwise", "add"])
  }
}
