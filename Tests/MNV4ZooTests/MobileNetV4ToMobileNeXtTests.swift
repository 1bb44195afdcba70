import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Zoo

/// Counts that the networks' papers and their authors' code give, or that follow from their tables.
@Suite struct MobileNetV4ToMobileNeXtTests {
  struct Counts: Sendable, CustomTestStringConvertible {
    let name: String
    let inputSize: Int
    let parameters: Int
    let multiplyAccumulates: Int
    /// Weights and one bias an output channel: what remains after folding; nil where attention keeps
    /// normalizations, or scales are no part of the published figure.
    let foldedParameters: Int?

    init(
      _ name: String, inputSize: Int = 224, _ parameters: Int, _ multiplyAccumulates: Int,
      folded: Int? = nil
    ) {
      self.name = name
      self.inputSize = inputSize
      self.parameters = parameters
      self.multiplyAccumulates = multiplyAccumulates
      self.foldedParameters = folded
    }

    var testDescription: String { name }
  }

  /// Parameters of the first seven are timm's to the digit that it prints, of `mobilenext_100` and
  /// `mobilenext_110_se` those of the authors' training logs; both counts of the variants and half
  /// widths of MobileNetV4 those of timm's generator in PyTorch.
  static let counts = [
    Counts("mobilenetv4_conv_small", 3_774_024, 186_005_568, folded: 3_761_480),
    Counts(
      "mobilenetv4_conv_medium", inputSize: 256, 9_715_512, 1_080_244_224, folded: 9_681_560),
    Counts(
      "mobilenetv4_conv_large", inputSize: 384, 32_590_864, 6_376_220_672, folded: 32_516_088),
    Counts("mobilenetv4_hybrid_medium", inputSize: 256, 11_074_648, 1_271_183_360),
    Counts("mobilenetv4_hybrid_large", inputSize: 384, 37_764_624, 7_711_877_120),
    Counts("mobilenetv4_conv_small_035", 1_905_384, 47_723_040),
    Counts("mobilenetv4_conv_small_050", 2_238_952, 64_741_408),
    Counts("mobilenetv4_conv_small_075", 2_933_912, 116_793_392),
    Counts("mobilenetv4_conv_small_extradw", 3_792_200, 187_786_816),
    Counts("mobilenetv4_conv_small_extradw_050", 2_248_040, 65_632_032),
    Counts("mobilenetv4_conv_small_convnext", 3_730_248, 183_578_304),
    Counts("mobilenetv4_conv_small_convnext_050", 2_217_064, 63_527_776),
    Counts("mobilenetv4_conv_medium_050", inputSize: 256, 3_803_488, 410_279_936),
    Counts("mobilenetv4_conv_large_050", inputSize: 384, 9_608_248, 1_806_350_336),
    Counts("mobilenetv2_035", 1_677_128, 59_285_808, folded: 1_670_088),
    Counts("mobilenetv2_050", 1_968_680, 97_131_840, folded: 1_959_408),
    Counts("mobilenetv2_075", 2_636_424, 209_069_792, folded: 2_623_104),
    Counts("mobilenetv2_100", 3_504_872, 300_774_272, folded: 3_487_816),
    Counts("mobilenetv2_140", 6_108_776, 582_195_824, folded: 6_084_808),
    Counts("mobilenetv2_100_extradw", 3_583_368, 334_445_504, folded: 3_559_176),
    Counts("mobilenext_035", 1_913_976, 75_141_032, folded: 1_902_792),
    Counts("mobilenext_050", 2_152_304, 103_256_448, folded: 2_137_656),
    Counts("mobilenext_050_id050", 2_152_304, 103_256_448, folded: 2_137_656),
    Counts("mobilenext_050_id033", 2_152_304, 103_256_448, folded: 2_137_656),
    Counts("mobilenext_050_id017", 2_152_304, 103_256_448, folded: 2_137_656),
    Counts("mobilenext_075", 2_766_168, 207_926_720, folded: 2_745_540),
    Counts("mobilenext_100", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_140", 6_126_168, 588_319_256, folded: 6_089_040),
    Counts("mobilenext_100_id050", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_100_id033", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_100_id017", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_100_se", 3_937_011, 330_182_144, folded: 3_910_475),
    Counts("mobilenext_110_se", 4_287_498, 415_057_856, folded: 4_248_516),
    Counts("mobilenext_100_bottleneckshortcut", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_100_relu6end", 3_535_416, 311_342_592, folded: 3_508_904),
    Counts("mobilenext_100_dwbottleneck", 3_397_080, 242_306_688),
  ]

  @Test(arguments: counts)
  func countsAreTheExactOnes(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    #expect(architecture.defaultInputSize == expected.inputSize)
    let recorder = TensorRecorder()
    let graph = try architecture.build(weights: recorder)
    #expect(recorder.trainableParameterCount == expected.parameters)
    #expect(graph.multiplyAccumulateCount == expected.multiplyAccumulates)

    let folded = try graph.foldingConstants()
    #expect(folded.multiplyAccumulateCount == expected.multiplyAccumulates)
    if let count = expected.foldedParameters { #expect(folded.constantElementCount == count) }
  }

  /// No scale, activation or normalization is a pass over memory of its own, and every identity, whole
  /// or in part, is added by the layer before. (Attention at key stride 2 keeps its normalization,
  /// but for shifts of zero as here.)
  @Test(arguments: counts)
  func nothingIsLeftUnfused(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    let parameters = Architecture.Parameters(classCount: 10, inputSize: 64)
    let graph = try architecture.build(parameters, weights: TensorRecorder())
      .foldingConstants().fusingActivations().fusingResiduals().fusingActivations()
    for node in graph.nodes {
      switch node.operation {
      case .batchNormalization, .channelScale, .activation:
        Issue.record("\(node.name) stands alone")
      case .add:
        // After a squeeze-and-excite, or after an activation.
        #expect(
          expected.name.hasSuffix("_se") || expected.name.hasSuffix("relu6end"),
          "\(node.name) stands alone")
      default: continue
      }
    }
  }

  @Test(arguments: counts)
  func smallPicturesAreAccepted(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    for (size, stride) in [(8, 32), (33, 16), (17, 8)] {
      let parameters = Architecture.Parameters(classCount: 3, inputSize: size, totalStride: stride)
      let graph = try architecture.build(parameters, weights: TensorRecorder())
      #expect(graph[graph.outputs[0]].shape.dimensions == [1, 3])
    }
  }

  /// Tensors of timm's state dictionaries, the counters of batch normalizations included.
  @Test(arguments: [
    ("mobilenetv4_conv_small", 278), ("mobilenetv4_conv_medium", 464),
    ("mobilenetv4_conv_large", 614), ("mobilenetv4_hybrid_medium", 632),
    ("mobilenetv4_hybrid_large", 787), ("mobilenetv4_conv_small_extradw", 332),
    ("mobilenetv4_conv_small_extradw_050", 332), ("mobilenetv4_conv_small_convnext", 272),
    ("mobilenetv4_conv_small_convnext_050", 272),
  ])
  func tensorCountsAreTimms(name: String, count: Int) throws {
    let tensors = try tensors(name)
    let counters = tensors.filter { $0.key.hasSuffix(".running_mean") }.count
    #expect(tensors.count + counters == count)
    #expect(Set(tensors.map(\.key)).count == tensors.count)
  }

  /// One key of each kind of layer, with its shape.
  @Test(arguments: [
    ("mobilenetv4_conv_medium", "blocks.0.0.conv_exp.weight", [128, 32, 3, 3]),
    ("mobilenetv4_conv_medium", "blocks.0.0.conv_pwl.weight", [48, 128, 1, 1]),
    ("mobilenetv4_conv_medium", "blocks.2.6.pw_exp.conv.weight", [320, 160, 1, 1]),
    ("mobilenetv4_conv_large", "blocks.3.12.dw_start.conv.weight", [512, 1, 5, 5]),
    ("mobilenetv4_hybrid_medium", "blocks.2.1.layer_scale.gamma", [160]),
    ("mobilenetv4_hybrid_medium", "blocks.2.4.norm.running_var", [160]),
    ("mobilenetv4_hybrid_medium", "blocks.2.4.attn.query.proj.weight", [256, 160, 1, 1]),
    ("mobilenetv4_hybrid_medium", "blocks.2.4.attn.key.down_conv.weight", [160, 1, 3, 3]),
    ("mobilenetv4_hybrid_medium", "blocks.2.4.attn.value.norm.bias", [160]),
    ("mobilenetv4_hybrid_large", "blocks.3.16.attn.key.proj.weight", [64, 512, 1, 1]),
    ("mobilenetv4_hybrid_large", "blocks.3.16.attn.output.proj.weight", [512, 512, 1, 1]),
    ("mobilenetv4_conv_small_035", "blocks.4.0.conv.weight", [336, 48, 1, 1]),
    ("mobilenetv4_conv_small_extradw_050", "blocks.2.5.dw_mid.conv.weight", [192, 1, 3, 3]),
    ("mobilenetv4_conv_small_extradw_050", "blocks.3.2.dw_start.conv.weight", [64, 1, 5, 5]),
    ("mobilenetv4_conv_small_convnext", "blocks.2.0.dw_mid.conv.weight", [192, 1, 5, 5]),
    ("mobilenetv4_conv_small_convnext", "blocks.3.1.dw_start.conv.weight", [128, 1, 5, 5]),
    ("mobilenetv4_conv_small_convnext_050", "blocks.3.5.dw_start.conv.weight", [64, 1, 3, 3]),
    ("mobilenetv4_conv_large_050", "conv_stem.weight", [24, 3, 3, 3]),
    ("mobilenetv4_conv_large_050", "blocks.4.0.conv.weight", [480, 256, 1, 1]),
    ("mobilenetv2_140", "conv_head.weight", [1792, 448, 1, 1]),
    ("mobilenetv2_100_extradw", "blocks.0.0.conv_dw_start.weight", [32, 1, 3, 3]),
    ("mobilenext_140", "features.20.conv.8.weight", [1792, 1, 3, 3]),
    ("mobilenext_035", "features.20.conv.3.weight", [208, 336, 1, 1]),
    ("mobilenext_100", "features.9.conv.3.bias", [384]),
    ("mobilenext_100_se", "_blocks.19._se_reduce.bias", [53]),
    ("mobilenext_100_se", "_bn1.running_mean", [1280]),
    ("mobilenext_110_se", "_blocks.1.features.3.weight", [48, 48, 1, 1]),
  ])
  func keysAreThoseOfTheCheckpoints(name: String, key: String, shape: [Int]) throws {
    let tensor = try #require(try tensors(name).first { $0.key == key })
    #expect(tensor.shape == shape)
  }

  /// The identity reaches that part of the channels, in every block that has one.
  @Test(arguments: [
    ("mobilenext_100_id050", 2), ("mobilenext_100_id033", 3),
    ("mobilenext_100_id017", 6), ("mobilenext_050_id050", 2), ("mobilenext_050_id033", 3),
    ("mobilenext_050_id017", 6),
  ])
  func identityReachesPartOfTheChannels(name: String, divisor: Int) throws {
    let architecture = try #require(Architecture.named(name))
    let graph = try architecture.build(weights: TensorRecorder())
    let counts = graph.nodes.compactMap { node -> [Int]? in
      guard case .add(let add) = node.operation else { return nil }
      return [add.channelCount ?? 0, graph[node.output].shape.last]
    }
    #expect(counts.count == 12)
    for pair in counts { #expect(pair[0] == pair[1] / divisor) }
  }

  private func tensors(_ name: String) throws -> [TensorRecorder.Tensor] {
    let recorder = TensorRecorder()
    _ = try #require(Architecture.named(name)).build(
      Architecture.Parameters(inputSize: 64), weights: recorder)
    return recorder.tensors
  }
}
