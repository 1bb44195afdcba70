import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// Graphs of odd forms.
@Suite struct SmallGraphTests {
  @Test func networkWithoutNodes() throws {
    var sketch = GraphSketch()
    let graph = try sketch.finish(try sketch.input([1, 4, 4, 3]))
    let quantized = try quantize(graph)
    #expect(quantized.file.graph.nodes.isEmpty)
    #expect(quantized.report.layers.isEmpty)
  }

  /// One operation after a convolution, or by itself.
  private func graph(_ name: String) throws -> Graph {
    var sketch = GraphSketch()
    var value = try sketch.input([2, 6, 7, 4])
    switch name {
    case "reshape alone": value = try sketch.append(.reshape(try Shape([2, 168])), value)
    case "activation alone": value = try sketch.append(.activation(.gelu), value)
    case "softmax alone": value = try sketch.append(.softmax, value)
    case "add to itself": value = try sketch.append(.add(Add()), value, value)
    case "square": value = try sketch.append(.multiply(Multiply()), value, value)
    case "pad":
      value = try sketch.append(.pad(Padding(top: 1, left: 2, bottom: 3, right: 0)), value)
      value = try sketch.convolution(value, outputs: 5)
    case "resize":
      value = try sketch.convolution(value, outputs: 5)
      value = try sketch.append(
        .resizeBilinear(ResizeBilinear(height: 9, width: 3, usesHalfPixelCenters: true)), value)
    case "average":
      value = try sketch.append(
        .averagePool(
          AveragePool(
            kernel: Extent(3, 3), stride: Extent(2, 2),
            padding: Padding(top: 1, left: 1, bottom: 1, right: 1))), value)
    case "slices joined":
      let first = try sketch.append(.slice(Slice(start: 1, count: 2)), value)
      let second = try sketch.convolution(value, outputs: 3, activation: .relu)
      value = try sketch.append(.concatenation, second, first, value)
    case "partial add":
      let second = try sketch.convolution(value, outputs: 4, activation: .relu6)
      value = try sketch.append(.add(Add(channelCount: 3, activation: .relu)), second, value)
    case "softmax twice":
      value = try sketch.convolution(value, outputs: 5)
      value = try sketch.append(.softmax, value)
      value = try sketch.append(.reshape(try Shape([2, 210])), value)
      value = try sketch.append(.softmax, value)
    case "softmax, then a layer":
      value = try sketch.append(.softmax, value)
      value = try sketch.convolution(value, outputs: 3)
      value = try sketch.append(.reshape(try Shape([2, 126])), value)
    case "normalization":
      let ones = try sketch.constant([4])
      value = try sketch.append(.channelScale(ChannelScale(scale: ones)), value)
      value = try sketch.append(.activation(.relu), value)
      value = try sketch.append(.channelScale(ChannelScale(scale: ones)), value)
    case "fused functions":
      value = try sketch.convolution(value, outputs: 6, activation: .hardSwish)
      value = try sketch.convolution(value, outputs: 6, kernel: 3, groups: 6, activation: .gelu)
      value = try sketch.convolution(value, outputs: 3, activation: .sigmoid)
    case "grouped":
      value = try sketch.convolution(value, outputs: 6, kernel: 3, groups: 2, activation: .relu)
    case "shared":
      let weights = try sketch.constant([4, 1, 1, 4])
      let layer = Operation.convolution(Convolution(weights: weights, bias: nil, kernel: .one))
      value = try sketch.append(layer, sketch.append(.activation(.relu), value))
      value = try sketch.append(layer, value)
    default: Issue.record("\(name)")
    }
    return try sketch.finish(value)
  }

  @Test(arguments: [
    "reshape alone", "activation alone", "softmax alone", "add to itself", "square", "pad",
    "resize", "average", "slices joined", "partial add", "softmax twice",
    "softmax, then a layer", "normalization", "fused functions", "grouped", "shared",
  ])
  func oddGraph(_ name: String) throws {
    let graph = try graph(name)
    let quantized = try quantize(graph)
    let integers = quantized.file.graph
    #expect(integers[integers.outputs[0]].shape == graph[graph.outputs[0]].shape)
    _ = try quantized.file.reread()
    // Float32 outputs may differ in the last bit from backend to backend.
    if name != "softmax alone" && name != "softmax twice" { try expectOneOutput(quantized.model) }
    if name != "reshape alone" {
      let decibels = try #require(quantized.report.outputDecibels)
      #expect(decibels > 25, "\(decibels) dB")
    }
  }

  /// Where nothing else reads the first operand, it gets the sum's integers, so that channels which
  /// nothing is added to stay as they are.
  @Test(arguments: [1, 2])
  func partialAdditionKeepsTheRest(readerCount: Int) throws {
    var sketch = GraphSketch()
    let source = try sketch.convolution(try sketch.input([1, 6, 7, 4]), outputs: 4)
    let first = try sketch.convolution(source, outputs: 4)
    var value = try sketch.append(.add(Add(channelCount: 2)), first, source)
    if readerCount == 2 { value = try sketch.append(.concatenation, value, first) }
    let graph = try quantize(try sketch.finish(value)).file.graph
    let sum = try #require(
      graph.nodes.first { node in
        if case .add = node.operation { true } else { false }
      })
    let (operand, output) = (graph[sum.inputs[0]], graph[sum.output])
    let isSame = operand.scale == output.scale && operand.zeroPoint == output.zeroPoint
    #expect(isSame == (readerCount == 1))
  }

  /// Names that are not unique, which files may have.
  @Test func equalNames() throws {
    var graph = try Family.ghostNet.graph()
    for index in graph.nodes.indices { graph.nodes[index].name = "same" }
    let quantized = try quantize(graph)
    #expect(quantized.report.layers.allSatisfy { $0.name == "same" || $0.name.hasPrefix("same.") })
    try expectOneOutput(quantized.model)
    var options = QuantizationOptions.quick
    options.floatLayers = ["same"]
    #expect(
      try quantize(graph, options).file.graph.values.allSatisfy { $0.elementType == .float32 })
  }

  @Test func equalizedNetworkComputesTheSame() throws {
    for family in Family.allCases {
      let model = Model(ModelFile(graph: try family.graph()))
      var options = QuantizationOptions.quick
      options.equalizes = true
      let start = try NetworkQuantizer(model, options: options).prepare(on: .seeded(count: 3))
      let input = uniform(24 * 24 * 3)
      let found = try run(start.network.graph, input)
      #expect(relativeDifference(found, try run(model.file.graph, input)) < 1e-4, "\(family)")
    }
  }
}
