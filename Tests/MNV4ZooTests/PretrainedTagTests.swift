import MNV4Graph
import MNV4Zoo
import Testing

@Suite struct PretrainedTagTests {
  /// Of timm 1.0.31.
  static let counts = [
    "mobilenetv4_conv_small_050": 1, "mobilenetv4_conv_small": 3, "mobilenetv4_conv_medium": 6,
    "mobilenetv4_conv_large": 2, "mobilenetv4_hybrid_medium": 5, "mobilenetv4_hybrid_large": 2,
    "mobilenetv2_050": 1, "mobilenetv2_100": 1, "mobilenetv2_140": 1, "mobilenetv1_100": 1,
    "mobilenetv3_large_100": 4, "mobilenetv3_small_050": 1, "mobilenetv3_small_100": 1,
    "efficientnet_b0": 2,
    "semnasnet_100": 1,
  ]

  @Test(arguments: Architecture.all.map(\.name)) func countOfTags(_ name: String) throws {
    let tags = try #require(Architecture.named(name)).tags
    #expect(tags.count == Self.counts[name] ?? 0)
    #expect(Set(tags.map(\.name)).count == tags.count)
  }

  @Test func everyTagIsANetworksOwn() {
    #expect(PretrainedTag.all.count == 32)
    #expect(Set(PretrainedTag.all.map(\.network)) == Set(Self.counts.keys))
  }

  @Test(arguments: counts.keys.sorted()) func defaultTagIsTheNetworksDefault(
    _ name: String
  ) throws {
    let architecture = try #require(Architecture.named(name))
    let tag = try #require(architecture.tags.first)
    #expect(tag.preprocessing == architecture.preprocessing)
    #expect(tag.inputSize == architecture.defaultInputSize)
  }

  @Test(arguments: PretrainedTag.all) func sizesAreAccepted(_ tag: PretrainedTag) {
    #expect(Architecture.Parameters.inputSizes.contains(tag.inputSize))
    #expect(Architecture.Parameters.classCounts.contains(tag.classCount))
    #expect((tag.testInputSize == nil) == (tag.testCropFraction == nil))
    if let size = tag.testInputSize { #expect(size > tag.inputSize) }
    if let fraction = tag.testCropFraction {
      #expect(fraction >= tag.preprocessing.cropFraction && fraction <= 1)
    }
  }

  struct Spot: Sendable, CustomTestStringConvertible {
    let network: String
    let tag: String
    var isDefault = true
    let inputSize: Int
    let cropFraction: Double
    var interpolation = ImagePreprocessing.Interpolation.bicubic
    var mean: [Float] = [0.485, 0.456, 0.406]
    var deviation: [Float] = [0.229, 0.224, 0.225]
    var testInputSize: Int?
    var testCropFraction: Double?
    var classCount = 1000

    var testDescription: String { "\(network).\(tag)" }
  }

  static let half: [Float] = [0.5, 0.5, 0.5]
  static let spots = [
    Spot(
      network: "mobilenetv4_conv_small", tag: "e2400_r224_in1k", inputSize: 224,
      cropFraction: 0.875, testInputSize: 256, testCropFraction: 0.95),
    Spot(
      network: "mobilenetv4_conv_small", tag: "e3600_r256_in1k", isDefault: false, inputSize: 256,
      cropFraction: 0.95, mean: half, deviation: half, testInputSize: 320, testCropFraction: 1),
    Spot(
      network: "mobilenetv4_conv_small_050", tag: "e3000_r224_in1k", inputSize: 224,
      cropFraction: 0.875, mean: half, deviation: half, testInputSize: 256,
      testCropFraction: 0.95),
    Spot(
      network: "mobilenetv4_conv_medium", tag: "e180_ad_r384_in12k", isDefault: false,
      inputSize: 384, cropFraction: 1, classCount: 11821),
    Spot(
      network: "mobilenetv4_hybrid_large", tag: "ix_e600_r384_in1k", inputSize: 384,
      cropFraction: 0.95, testInputSize: 448, testCropFraction: 1),
    Spot(
      network: "mobilenetv3_large_100", tag: "miil_in21k", isDefault: false, inputSize: 224,
      cropFraction: 0.875, interpolation: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1],
      classCount: 11221),
    Spot(
      network: "efficientnet_b0", tag: "ra_in1k", inputSize: 224, cropFraction: 0.875),
  ]

  @Test(arguments: spots) func values(_ spot: Spot) throws {
    let tags = try #require(Architecture.named(spot.network)).tags
    let tag = try #require(tags.first { $0.name == spot.tag })
    #expect((tags.first == tag) == spot.isDefault)
    #expect(tag.inputSize == spot.inputSize)
    #expect(tag.preprocessing.resizeMode == .shorterSide)
    #expect(tag.preprocessing.channelOrder == .rgb)
    #expect(tag.preprocessing.cropFraction == spot.cropFraction)
    #expect(tag.preprocessing.interpolation == spot.interpolation)
    #expect(tag.preprocessing.mean == spot.mean)
    #expect(tag.preprocessing.standardDeviation == spot.deviation)
    #expect(tag.testInputSize == spot.testInputSize)
    #expect(tag.testCropFraction == spot.testCropFraction)
    #expect(tag.classCount == spot.classCount)
  }
}
