import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Zoo

/// Counts that the networks' papers and their authors' code give, or that follow from their tables.
@Suite struct MobileNetV1ToGhostNetTests {
  struct Counts: Sendable, CustomTestStringConvertible {
    let name: String
    let parameters: Int
    let multiplyAccumulates: Int
    /// Weights and one bias an output channel: what remains after folding; nil where no source has it.
    let foldedParameters: Int?

    var testDescription: String { name }
  }

  static let counts = [
    Counts(
      name: "mobilenetv1_100", parameters: 4_231_976, multiplyAccumulates: 568_740_352,
      foldedParameters: 4_221_032),
    Counts(
      name: "mobilenetv3_large_100", parameters: 5_483_032, multiplyAccumulates: 216_589_760,
      foldedParameters: 5_470_832),
    Counts(
      name: "mobilenetv3_large_075", parameters: 3_993_528, multiplyAccumulates: 154_560_624,
      foldedParameters: 3_983_984),
    Counts(
      name: "mobilenetv3_small_050", parameters: 1_593_224, multiplyAccumulates: 24_188_688,
      foldedParameters: nil),
    Counts(
      name: "mobilenetv3_small_100", parameters: 2_542_856, multiplyAccumulates: 56_510_400,
      foldedParameters: 2_536_800),
    Counts(
      name: "efficientnet_b0", parameters: 5_288_548, multiplyAccumulates: 385_814_752,
      foldedParameters: 5_267_540),
    Counts(
      name: "semnasnet_100", parameters: 3_887_038, multiplyAccumulates: 311_579_072,
      foldedParameters: 3_870_294),
    Counts(
      name: "ghostnet_130", parameters: 7_358_820, multiplyAccumulates: 227_003_256,
      foldedParameters: 7_344_552),
    Counts(
      name: "proxylessnas_mobile", parameters: 4_080_512, multiplyAccumulates: 320_427_584,
      foldedParameters: 4_063_264),
    Counts(
      name: "fbnet_b", parameters: 4_813_048, multiplyAccumulates: 296_614_728,
      foldedParameters: 4_796_344),
  ]

  @Test(arguments: counts)
  func countsAreTheExactOnes(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    let graph = try architecture.build(weights: SeededWeights(seed: 1))
    #expect(graph.trainableParameterCount == expected.parameters)
    #expect(graph.multiplyAccumulateCount == expected.multiplyAccumulates)

    let folded = try graph.foldingBatchNorm()
    if let count = expected.foldedParameters { #expect(folded.constantElementCount == count) }
    #expect(folded.multiplyAccumulateCount == expected.multiplyAccumulates)
  }

  /// Every normalization and activation of these networks follows a layer that takes it.
  @Test(arguments: counts)
  func nothingIsLeftUnfused(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    let graph = try architecture.build(weights: SeededWeights(seed: 1))
      .foldingBatchNorm().fusingActivations()
    for node in graph.nodes {
      switch node.operation {
      case .batchNormalization, .activation: Issue.record("\(node.name) stands alone")
      default: continue
      }
    }
  }

  @Test(arguments: counts)
  func preprocessingIsStated(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    #expect(architecture.preprocessing?.cropFraction == 0.875)
    #expect(architecture.defaultInputSize == 224)
  }

  /// The smallest pictures that the parameters allow, odd sizes, and the strides of small pictures.
  @Test(arguments: counts)
  func smallPicturesAreAccepted(_ expected: Counts) throws {
    let architecture = try #require(Architecture.named(expected.name))
    for (size, stride) in [(8, 32), (33, 16), (17, 8)] {
      let parameters = Architecture.Parameters(classCount: 3, inputSize: size, totalStride: stride)
      let graph = try architecture.build(parameters, weights: SeededWeights(seed: 1))
      #expect(graph[graph.outputs[0]].shape.dimensions == [1, 3])
    }
  }

  /// The rule of the papers: multiples of the divisor, at least one, and no less than 90 %.
  @Test(arguments: [
    (1.0, 8, 8), (12, 8, 16), (8.8, 8, 8), (11.9, 8, 16), (18, 8, 24), (20, 8, 24), (30, 8, 32),
    (184, 8, 184),
    (23, 4, 24), (20.8, 4, 20), (1248, 4, 1248),
  ])
  func channelsAreRounded(count: Double, divisor: Int, expected: Int) {
    #expect(roundedChannels(count, divisor: divisor) == expected)
  }
}
