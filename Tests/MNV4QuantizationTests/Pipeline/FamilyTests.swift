import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Zoo
import Testing

@testable import MNV4Quantization

/// Every family of networks through the whole pipeline.
@Suite struct FamilyTests {
  /// What holds of every quantized network.
  private func check(_ quantized: QuantizedNetwork, of graph: Graph, decibels: Double) throws {
    let integers = quantized.file.graph
    try integers.validate()
    #expect(integers[integers.inputs[0]].elementType == .int8)
    #expect(integers[integers.outputs[0]].elementType == .float32)
    let scores = integers.nodes.filter { $0.operation == .softmax }.map(\.name)
    #expect(Set(integers.floatNodeNames).isSubset(of: scores))
    #expect(try quantized.model.floatSteps(SessionOptions(threads: 1)).count <= scores.count)
    let found = try #require(quantized.report.outputDecibels)
    #expect(found > decibels, "\(found) dB")
    #expect(quantized.report.layers.count >= 5)
    for layer in quantized.report.layers where !layer.isFloat {
      #expect((layer.isolatedDecibels ?? .infinity) > 15, "\(layer.name)")
    }
    let reread = try quantized.file.reread()
    #expect(try reread.encoded == quantized.file.encoded)
    #expect(reread.provenance[.quantization]?.isEmpty == false)
    try expectOneOutput(Model(reread))
  }

  @Test(arguments: Family.allCases) func isIntegersThroughout(_ family: Family) throws {
    let graph = try family.graph()
    try check(try quantize(graph), of: graph, decibels: 20)
  }

  /// Bias correction and second-order rounding, which run the network layer by layer, and one scale
  /// for all weights of a layer.
  @Test(arguments: Family.allCases) func everyMethodWorks(_ family: Family) throws {
    let graph = try family.graph()
    var options = QuantizationOptions.quick
    options.weightScales = .perTensor
    options.rounding = .secondOrder
    options.equalizes = true
    options.correctsBias = true
    let quantized = try quantize(graph, options)
    try check(quantized, of: graph, decibels: 12)
    for constant in quantized.file.graph.constants where constant.elementType == .int8 {
      #expect(constant.quantization?.scales.count == 1)
    }
  }

  @Test(arguments: Family.allCases) func sameInputsGiveTheSameFile(_ family: Family) throws {
    let graph = try family.graph()
    var options = QuantizationOptions.quick
    options.rounding = .secondOrder
    let first = try quantize(graph, options).file.encoded
    options.session.threads = 2
    options.session.backend = .automatic
    #expect(try quantize(graph, options).file.encoded == first)
  }

  #if !DEBUG
    /// The networks of the zoo, on small pictures.
    @Test(arguments: [
      "mobilenetv4_conv_small", "mobilenetv4_hybrid_medium", "mobilenetv3_small_100",
      "ghostnet_130", "mobilenext_100_id050", "mobilenext_100_se", "efficientnet_b0",
      "mobilenetv1_100", "mobilenetv2_100",
    ])
    func networkOfTheZoo(_ name: String) throws {
      let architecture = try #require(Architecture.named(name))
      let graph = try architecture.build(
        .init(classCount: 10, inputSize: 64), weights: SeededWeights(seed: 3))
      let quantized = try quantize(graph)
      try check(quantized, of: graph, decibels: 8)
      #expect(quantized.report.integerByteCount * 100 <= quantized.report.floatByteCount * 30)
    }
  #endif
}
