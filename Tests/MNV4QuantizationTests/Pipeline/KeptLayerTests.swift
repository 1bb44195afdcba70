import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// Layers that stay in float32.
@Suite struct KeptLayerTests {
  private func options(_ layers: String...) -> QuantizationOptions {
    var options = QuantizationOptions.quick
    options.floatLayers = layers
    return options
  }

  @Test func namedLayerIsFloatBetweenConversions() throws {
    let graph = try quantize(Family.mobileNetV2.graph(), options("block.0.conv_dw")).file.graph
    let kept = try #require(graph.node("block.0.conv_dw"))
    #expect(graph[kept.inputs[0]].elementType == .float32)
    #expect(graph[kept.output].elementType == .float32)
    #expect(kept.operation.constants.allSatisfy { graph[$0].elementType == .float32 })
    let before = try #require(graph.nodes.first { $0.output == kept.inputs[0] })
    let after = try #require(graph.nodes.first { $0.inputs.contains(kept.output) })
    // The layer before ends in float32 itself, or its integers are converted.
    #expect(before.operation == .dequantize || before.operation.layerWeights != nil)
    #expect(graph[before.inputs[0]].elementType == .int8)
    #expect(after.operation == .quantize)
    #expect(graph.floatNodeNames == ["block.0.conv_dw"])
  }

  @Test func aPrefixNamesAllBelowIt() throws {
    let quantized = try quantize(Family.mobileNetV3.graph(), options("block.1"))
    let graph = quantized.file.graph
    let names = graph.floatNodeNames
    #expect(names.count > 5)
    #expect(names.allSatisfy { $0.hasPrefix("block.1.") })
    for layer in quantized.report.layers {
      #expect(layer.isFloat == layer.name.hasPrefix("block.1."), "\(layer.name)")
      if layer.isFloat { #expect(layer.isolatedDecibels == nil && layer.reading == .float) }
    }
    try expectOneOutput(quantized.model)
  }

  @Test func unknownNamesAreRefusedWithThoseThereAre() throws {
    let error = #expect(throws: MNV4Error.self) {
      try quantize(Family.mobileNetV2.graph(), options("nothing"))
    }
    #expect(error?.code == .invalidArgument)
    let description = error?.description ?? ""
    #expect(description.contains("found 'nothing'; the layers are stem, "))
  }

  @Test(arguments: [-1, 1_000]) func classesThatTheNetworkLacksAreRefused(_ stranger: Int) throws {
    let model = Model(ModelFile(graph: try Family.mobileNetV2.graph()))
    let test = try AccuracyTest(pictures: ["a.png", "b.png"], classes: [0, stranger])
    let error = #expect(throws: MNV4Error.self) {
      try NetworkQuantizer(model, options: .quick).quantize(on: .seeded(count: 1), testing: test)
    }
    #expect(error?.code == .invalidArgument)
    let description = error?.description ?? ""
    #expect(description.contains("b.png: class: expected 0 to "))
  }

  /// `block.1` is no prefix of `block.10`.
  @Test func aNameEndsAtADot() {
    #expect(PreparedNetwork.name("block.1.conv", isIn: "block.1"))
    #expect(PreparedNetwork.name("block.1", isIn: "block.1"))
    #expect(!PreparedNetwork.name("block.10", isIn: "block.1"))
    #expect(!PreparedNetwork.name("block", isIn: "block.1"))
  }

  @Test(arguments: ["stem", "head", "pool"]) func endsMayStayInFloat(_ name: String) throws {
    let quantized = try quantize(Family.mobileNetV4.graph(), options(name))
    #expect(quantized.file.graph.floatNodeNames == [name])
    // Float32 outputs may differ in the last bit from backend to backend.
    if name != "head" { try expectOneOutput(quantized.model) }
  }

  @Test func allLayersInFloatComputeWhatTheFloatNetworkDoes() throws {
    let graph = try Family.efficientNet.graph()
    let prepared = try PreparedNetwork(graph, floatLayers: [])
    var options = QuantizationOptions.quick
    options.floatLayers = prepared.graph.nodes.map(\.name)
    let quantized = try quantize(graph, options)
    #expect(quantized.file.graph.values.allSatisfy { $0.elementType == .float32 })
    let input = uniform(24 * 24 * 3)
    #expect(
      relativeDifference(try run(quantized.file.graph, input), try run(graph, input)) < 1e-5)
  }

  @Test(arguments: ["", ".", "block", "block.2", "Stem", "stem.", "head "])
  func unknownNamesAreRefused(_ name: String) throws {
    // `block` is the start of names, up to a dot.
    if name == "block" {
      #expect(
        try quantize(Family.mobileNetV2.graph(), options(name)).file.graph.floatNodeNames
          .count > 5)
      return
    }
    let error = try #require(throws: MNV4Error.self) {
      try quantize(Family.mobileNetV2.graph(), options("stem", name))
    }
    #expect(error.code == .invalidArgument)
    #expect(
      "\(error)".contains("expected the name of a layer, found '\(name)'; the layers are stem, "))
  }
}
