import MNV4Core
import MNV4Graph
import MNV4Zoo
import Testing

/// Which convolutions run at stride 1 where a network's total stride is less than its own.
@Suite struct TotalStrideTests {
  /// Every network reduces a picture so many times, and no layer's weights depend on it.
  @Test(arguments: Architecture.all.map(\.name))
  func lastFeaturesAreThatMuchSmaller(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    let own = TensorRecorder()
    _ = try architecture.build(.init(inputSize: 64), weights: own)
    for stride in Architecture.Parameters.totalStrides {
      let recorder = TensorRecorder()
      let graph = try architecture.build(
        .init(inputSize: 64, totalStride: stride), weights: recorder)
      #expect(recorder.tensors == own.tensors)
      // The last pooling, which is the classifier's: squeeze-and-excite pools before it.
      let pool = try #require(
        graph.nodes.last { node in
          if case .globalAveragePool = node.operation { true } else { false }
        })
      #expect(graph[pool.inputs[0]].shape[1] == 64 / stride)
    }
  }

  private func strides(_ name: String, totalStride: Int) throws -> [String: Int] {
    let graph = try #require(Architecture.named(name)).build(
      .init(inputSize: 64, totalStride: totalStride), weights: TensorRecorder())
    var strides: [String: Int] = [:]
    for node in graph.nodes {
      if case .convolution(let convolution) = node.operation, convolution.stride.height > 1 {
        strides[node.name] = convolution.stride.height
      }
    }
    return strides
  }

  /// The first steps, in order of execution; a shortcut's convolution goes with its block's.
  @Test(arguments: [
    ("mobilenetv4_conv_small", 16, ["conv_stem"]),
    ("mobilenetv4_conv_small", 8, ["conv_stem", "blocks.0.0"]),
    ("mobilenetv4_conv_medium", 8, ["conv_stem", "blocks.0.0.conv_exp"]),
    ("mobilenetv2_050", 8, ["conv_stem", "blocks.1.0.conv_dw"]),
    ("mobilenetv2_100_extradw", 8, ["conv_stem", "blocks.1.0.conv_dw"]),
    ("mobilenetv3_small_050", 8, ["conv_stem", "blocks.0.0.conv_dw"]),
    ("mobilenext_050", 8, ["features.0.0", "features.1.conv.8"]),
    ("ghostnet_130", 8, ["conv_stem", "blocks.1.0.conv_dw", "blocks.1.0.shortcut.0"]),
    ("mobilenetv4_hybrid_medium", 8, ["conv_stem", "blocks.0.0.conv_exp"]),
  ])
  func firstStepsAreLeftOut(name: String, totalStride: Int, left: [String]) throws {
    let own = try strides(name, totalStride: 32)
    let reduced = try strides(name, totalStride: totalStride)
    #expect(Set(own.keys).subtracting(reduced.keys) == Set(left))
    #expect(reduced == own.filter { !left.contains($0.key) })
  }

  /// The keys' stride is no step of the picture's: attention keeps it.
  @Test(arguments: Architecture.Parameters.totalStrides)
  func attentionKeepsItsStride(totalStride: Int) throws {
    let strides = try strides("mobilenetv4_hybrid_medium", totalStride: totalStride)
    #expect(strides.keys.filter { $0.hasSuffix("attn.key.down_conv") }.count == 4)
  }

  /// Whether a block adds its input is its table's: 8 channels go in and out of this one, whose stride
  /// is 2 as published.
  @Test func noIdentityArises() throws {
    let architecture = try #require(Architecture.named("mobilenetv2_035"))
    for stride in Architecture.Parameters.totalStrides {
      let graph = try architecture.build(
        .init(inputSize: 64, totalStride: stride), weights: TensorRecorder())
      #expect(!graph.nodes.contains { $0.name == "blocks.1.0.add" })
      #expect(graph.nodes.contains { $0.name == "blocks.1.1.add" })
    }
  }
}
