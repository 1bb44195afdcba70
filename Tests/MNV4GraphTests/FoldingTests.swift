import MNV4Core
import MNV4Graph
import Testing

/// The passes that turn normalizations and scales into other weights: the numbers stay, the
/// operations go.
@Suite struct FoldingTests {
  private static let channels = 6

  /// A network on `[1, 5, 4, 6]` with seeded weights, its layers appended by `body`.
  private func network(
    _ body: (inout GraphBuilder, ValueID) throws -> ValueID
  ) throws -> Graph {
    var builder = GraphBuilder(name: "test", weights: SeededWeights(seed: 7))
    let input = try builder.input(height: 5, width: 4, channels: Self.channels)
    let output = try body(&builder, input)
    return try builder.finish(output: output)
  }

  /// Expects equal outputs before and after; returns the operations that are left.
  private func expectSame(
    _ graph: Graph, _ simplified: Graph, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let count = graph[graph.inputs[0]].shape.elementCount
    let input = (0..<count).map { Double(($0 * 37) % 23) / 8 - 1.4 }
    let expected = try NaiveEvaluator.output(of: graph, input: input)
    let found = try NaiveEvaluator.output(of: simplified, input: input)
    try #require(expected.count == found.count, sourceLocation: sourceLocation)
    let greatest = expected.map(abs).max() ?? 0
    #expect(greatest > 0.01, sourceLocation: sourceLocation)
    let difference = zip(expected, found).map { abs($0 - $1) }.max() ?? .infinity
    // Weights round to float32 once more: a few units in the last place of sums of this size.
    #expect(difference < 2e-6 * max(greatest, 1), sourceLocation: sourceLocation)
    return simplified.nodes.map {
      $0.operation.describe(inputs: $0.inputs.map { simplified[$0] })
    }
  }

  // MARK: Channel scale

  @Test(arguments: [1, 2, 6]) func layerScaleFoldsIntoItsConvolution(groups: Int) throws {
    let graph = try network { builder, input in
      let value = try builder.convolutionBatchNorm(
        input, ConvolutionLayer("conv", outputs: 12, kernel: 3, groups: groups),
        normPrefix: "bn", activation: .identity)
      return try builder.layerScale(value, prefix: "scale")
    }
    let left = try expectSame(graph, graph.foldingConstants())
    #expect(left.count == 1)
    // Without the normalization folded first, a scale follows no convolution and stays.
    #expect(try expectSame(graph, graph.foldingChannelScale()).count == 3)
  }

  @Test func layerScaleFoldsIntoAFullyConnectedLayer() throws {
    let graph = try network { builder, input in
      let flat = try builder.flatten(input)
      let value = try builder.fullyConnected(flat, prefix: "fc", outputs: 7)
      return try builder.layerScale(value, prefix: "scale")
    }
    #expect(try expectSame(graph, graph.foldingChannelScale()) == ["reshape", "fully connected"])
  }

  @Test func layerScaleStaysAfterAnActivation() throws {
    let graph = try network { builder, input in
      let value = try builder.convolution(input, ConvolutionLayer("conv", outputs: 6))
      let active = try builder.append("act", .activation(.relu), [value])
      return try builder.layerScale(active, prefix: "scale")
    }
    let left = try expectSame(graph, graph.fusingActivations().foldingChannelScale())
    #expect(left == ["pointwise", "channel scale"])
  }

  @Test func layerScaleStaysWhereOthersReadTheConvolution() throws {
    let graph = try network { builder, input in
      let value = try builder.convolution(input, ConvolutionLayer("conv", outputs: 6))
      let scaled = try builder.layerScale(value, prefix: "scale")
      return try builder.append("add", .add(Add()), [scaled, value])
    }
    let left = try expectSame(graph, graph.foldingChannelScale())
    #expect(left == ["pointwise", "channel scale", "add"])
  }

  // MARK: Batch normalization, forward

  /// Attention at key stride 1: every reader takes the normalization.
  @Test(arguments: [1, 2, 3]) func normalizationFoldsIntoPointwiseReaders(groups: Int) throws {
    let graph = try network { builder, input in
      let normalized = try builder.batchNormalization(input, prefix: "norm")
      let first = try builder.convolution(
        normalized, ConvolutionLayer("first", outputs: 6, groups: groups))
      let second = try builder.convolution(
        normalized, ConvolutionLayer("second", biasKey: "second.bias", outputs: 6))
      let sum = try builder.append("sum", .add(Add()), [first, second])
      return try builder.append("add", .add(Add()), [sum, input])
    }
    let left = try expectSame(graph, graph.foldingBatchNormForward())
    #expect(!left.contains("batch normalization"))
    #expect(left.count == 4)
  }

  /// Attention at key stride 2: the padded convolution goes on reading the normalization.
  @Test func normalizationStaysForPaddedReaders() throws {
    let graph = try network { builder, input in
      let normalized = try builder.batchNormalization(input, prefix: "norm")
      let padded = try builder.convolution(
        normalized, ConvolutionLayer("padded", outputs: 6, kernel: 3, groups: 6))
      let pointwise = try builder.convolution(normalized, ConvolutionLayer("free", outputs: 6))
      return try builder.append("sum", .add(Add()), [padded, pointwise])
    }
    let folded = try graph.foldingBatchNormForward()
    let left = try expectSame(graph, folded)
    #expect(left.filter { $0 == "batch normalization" }.count == 1)
    let free = try #require(folded.nodes.first { $0.name == "free" })
    #expect(free.inputs == folded.inputs)
  }

  @Test func normalizationStaysWhereItIsTheOutputOrAnAddend() throws {
    let output = try network { builder, input in
      try builder.batchNormalization(input, prefix: "norm")
    }
    #expect(try expectSame(output, output.foldingBatchNormForward()).count == 1)
    let addend = try network { builder, input in
      let normalized = try builder.batchNormalization(input, prefix: "norm")
      let value = try builder.convolution(normalized, ConvolutionLayer("conv", outputs: 6))
      return try builder.append("add", .add(Add()), [value, normalized])
    }
    let left = try expectSame(addend, addend.foldingBatchNormForward().fusingResiduals())
    #expect(left == ["batch normalization", "pointwise"])
  }

  @Test func normalizationFoldsIntoAFullyConnectedLayer() throws {
    let graph = try network { builder, input in
      let flat = try builder.flatten(input)
      let normalized = try builder.batchNormalization(flat, prefix: "norm")
      return try builder.fullyConnected(normalized, prefix: "fc", outputs: 5)
    }
    let left = try expectSame(graph, graph.foldingBatchNormForward())
    #expect(left == ["reshape", "fully connected"])
  }

  // MARK: Whole blocks

  /// What is left of attention's constants: no scale, a normalization only at key stride 2.
  @Test(arguments: [1, 2]) func attentionKeepsOneNormalizationAtMost(keyStride: Int) throws {
    let graph = try network { builder, input in
      try builder.mobileMQA(
        input, MobileMQA(heads: 2, headChannels: 4, keyStride: keyStride), prefix: "block")
    }
    let folded = try graph.foldingConstants()
    try folded.validate()
    let normalizations = folded.nodes.filter {
      if case .batchNormalization = $0.operation { true } else { false }
    }
    let scales = folded.nodes.filter {
      if case .channelScale = $0.operation { true } else { false }
    }
    #expect(normalizations.count == keyStride - 1)
    #expect(scales.isEmpty)
  }
}
