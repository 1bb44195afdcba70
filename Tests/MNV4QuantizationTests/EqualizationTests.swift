import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Quantization

@Suite struct EqualizationTests {
  private static let input = uniform(5 * 5 * 4)

  /// The block that mobile networks are made of, with what may lie between its layers.
  private func block(
    _ activation: Activation, fused: Bool, pooled: Bool = false
  ) throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 5, 5, 4])
    func active(_ value: ValueID, _ sketch: inout GraphSketch) throws -> ValueID {
      fused ? value : try sketch.append(.activation(activation), value)
    }
    let ending = fused ? activation : .identity
    let expanded = try active(
      sketch.convolution(input, outputs: 8, activation: ending), &sketch)
    let filtered = try active(
      sketch.convolution(
        expanded, outputs: 8, kernel: 3, stride: 2, groups: 8, activation: ending), &sketch)
    let read = pooled ? try sketch.append(.globalAveragePool, filtered) : filtered
    let projected = try sketch.convolution(read, outputs: 6)
    return try sketch.finish(projected)
  }

  /// The largest values before each ReLU6, by running the network as far as there.
  private func maxima(_ graph: Graph, _ input: [Float] = input) throws -> [ValueID: [Float]] {
    var result: [ValueID: [Float]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard case .convolution(var convolution) = node.operation else { continue }
      convolution.activation = .identity
      var cut = graph
      cut.nodes[index].operation = .convolution(convolution)
      cut.nodes = Array(cut.nodes[...index])
      cut.outputs = [node.output]
      let elements = try run(cut.compacted(), input)
      let channelCount = graph[node.output].shape.last
      result[node.output] = (0..<channelCount).map { channel in
        stride(from: channel, to: elements.count, by: channelCount).map { elements[$0] }.max()
          ?? -.infinity
      }
    }
    return result
  }

  /// The largest magnitude of each channel as made and as read.
  private func ranges(_ graph: Graph, _ first: Int, _ second: Int) -> [(Double, Double)] {
    func weights(_ index: Int) -> LayerTensor? {
      graph.nodes[index].operation.constants.first.map { LayerTensor(graph[$0]) }
    }
    guard let made = weights(first)?.outputMagnitudes, let reader = weights(second),
      case .convolution(let convolution) = graph.nodes[second].operation
    else { return [] }
    return Array(zip(made, reader.inputMagnitudes(groups: convolution.groups)))
  }

  @Test(arguments: [Activation.identity, .relu, .relu6], [true, false])
  func computesTheSame(_ activation: Activation, fused: Bool) throws {
    for pooled in [false, true] {
      let graph = try block(activation, fused: fused, pooled: pooled)
      let result = try Equalization().equalize(graph, maxima: maxima(graph))
      try result.graph.validate()
      #expect(result.pairs.count == 2)
      #expect(result.pairs.allSatisfy { $0.factors.contains { abs($0 - 1) > 0.1 } })
      let difference = relativeDifference(
        try run(result.graph, Self.input), try run(graph, Self.input))
      #expect(difference < 2e-6)
    }
  }

  @Test func rangesBecomeEqual() throws {
    let graph = try block(.relu, fused: true)
    let before = ranges(graph, 0, 1)
    #expect(before.contains { $0.0 > 2 * $0.1 || $0.1 > 2 * $0.0 })
    let result = try Equalization(roundLimit: 100, tolerance: 1e-9).equalize(graph, maxima: [:])
    for (first, second) in [(0, 1), (1, 2)] {
      for (made, read) in ranges(result.graph, first, second) {
        #expect(abs(made / read - 1) < 1e-4)
      }
    }
  }

  /// Channels that a ReLU6 clips stay; the others do not come to clip.
  @Test func clippedChannelsStay() throws {
    let graph = try block(.relu6, fused: true)
    let loud = Self.input.map { $0 * 12 }
    let observed = try maxima(graph, loud)
    let result = try Equalization().equalize(graph, maxima: observed)
    var clippedCount = 0
    for (pair, node) in zip(result.pairs, graph.nodes) {
      let largest = try #require(observed[node.output])
      #expect(pair.clippedCount == largest.count { $0 > 6 })
      clippedCount += pair.clippedCount
      for (factor, maximum) in zip(pair.factors, largest) {
        if maximum > 6 { #expect(factor == 1) }
        if maximum <= 6 { #expect(Double(maximum) / factor <= 6.0001) }
      }
    }
    #expect(clippedCount > 0)
    #expect(clippedCount < 16)
    let difference = relativeDifference(try run(result.graph, loud), try run(graph, loud))
    #expect(difference < 2e-6)
  }

  @Test func missingMaximaLeaveThePairs() throws {
    let graph = try block(.relu6, fused: true)
    let result = try Equalization().equalize(graph, maxima: [:])
    #expect(result.pairs.isEmpty)
    #expect(try run(result.graph, Self.input) == run(graph, Self.input))
  }

  /// NaN maxima clip nothing free.
  @Test func nanMaximaAreClipped() throws {
    let graph = try block(.relu6, fused: true)
    let value = graph.nodes[0].output
    let maxima = [value: [Float](repeating: .nan, count: 8)]
    let result = try Equalization().equalize(graph, maxima: maxima)
    #expect(result.pairs.map(\.clippedCount) == [8])
    #expect(result.pairs[0].factors == [Double](repeating: 1, count: 8))
  }

  /// What keeps two layers apart.
  enum Obstacle: CaseIterable {
    case residual, secondReader, outputOfTheGraph, curvedActivation, sharedWeights
    case residualOperand, concatenation, twoActivations, flattening
  }

  @Test(arguments: Obstacle.allCases) func leaves(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 5, 5, 4])
    let first = try sketch.convolution(
      input, outputs: 4, activation: obstacle == .curvedActivation ? .hardSwish : .identity)
    let graph: Graph
    switch obstacle {
    case .residual:
      let sum = try sketch.append(.add(Add()), first, input)
      graph = try sketch.finish(try sketch.convolution(sum, outputs: 4))
    case .secondReader:
      let second = try sketch.convolution(first, outputs: 4)
      graph = try sketch.finish(try sketch.append(.add(Add()), second, first))
    case .outputOfTheGraph:
      graph = try sketch.finish(try sketch.convolution(first, outputs: 4), first)
    case .curvedActivation:
      graph = try sketch.finish(try sketch.convolution(first, outputs: 4))
    case .sharedWeights:
      guard case .convolution(let shared) = sketch.graph.nodes[0].operation else { return }
      graph = try sketch.finish(try sketch.append(.convolution(shared), first))
    case .residualOperand:
      let weights = try sketch.constant([4, 1, 1, 4])
      let second = Convolution(
        weights: weights, bias: nil, kernel: .one, residual: .whole)
      graph = try sketch.finish(try sketch.append(.convolution(second), input, first))
    case .concatenation:
      let joined = try sketch.append(.concatenation, first, input)
      graph = try sketch.finish(try sketch.convolution(joined, outputs: 4))
    case .twoActivations:
      let active = try sketch.append(.activation(.relu), first)
      let again = try sketch.append(.activation(.relu), active)
      graph = try sketch.finish(try sketch.convolution(again, outputs: 4))
    case .flattening:
      let flat = try sketch.append(.reshape(try Shape([1, 100])), first)
      let layer = FullyConnected(weights: try sketch.constant([3, 100]), bias: nil)
      graph = try sketch.finish(try sketch.append(.fullyConnected(layer), flat))
    }
    let result = try Equalization().equalize(graph, maxima: [:])
    #expect(result.pairs.isEmpty)
    for (new, old) in zip(result.graph.constants, graph.constants) {
      #expect(new.floats == old.floats)
    }
  }

  /// Grouped and depthwise readers, a classifier behind a mean, and rows of zeros.
  @Test func groupsClassifiersAndZeros() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 5, 5, 4])
    let first = try sketch.convolution(input, outputs: 8, activation: .relu)
    let grouped = try sketch.convolution(first, outputs: 12, groups: 4, activation: .relu)
    let pooled = try sketch.append(.globalAveragePool, grouped)
    let flat = try sketch.append(.reshape(try Shape([1, 12])), pooled)
    let layer = FullyConnected(weights: try sketch.constant([5, 12]), bias: nil)
    var graph = try sketch.finish(try sketch.append(.fullyConnected(layer), flat))
    var elements = graph.constants[0].floats
    for index in 4..<8 { elements[index] = 0 }
    graph.constants[0] = try Constant(
      name: "zeros", shape: graph.constants[0].shape, copying: elements)
    let result = try Equalization().equalize(graph, maxima: [:])
    #expect(result.pairs.count == 2)
    #expect(result.pairs[0].factors[1] == 1)
    let difference = relativeDifference(
      try run(result.graph, Self.input), try run(graph, Self.input))
    #expect(difference < 2e-6)
    // Every weight stays finite.
    #expect(result.graph.constants.allSatisfy { $0.floats.allSatisfy { $0.isFinite } })
  }

  @Test func isDeterministic() throws {
    let graph = try block(.relu, fused: true)
    let results = try (0..<2).map { _ in try Equalization().equalize(graph, maxima: [:]) }
    #expect(results[0].pairs == results[1].pairs)
    for (a, b) in zip(results[0].graph.constants, results[1].graph.constants) {
      #expect(a.floats == b.floats)
    }
  }
}
