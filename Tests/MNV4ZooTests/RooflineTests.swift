import MNV4Core
import MNV4Graph
import MNV4Zoo
import Testing

/// The roofline costs of int8 networks, worked out by hand count from their layer tables: millions of
/// multiply-accumulates at each ridge point, megabytes of weights and activations, MACs a byte.
@Suite struct RooflineTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let inputSize: Int
    let weightMegabytes: String
    let activationMegabytes: String
    let intensity: String
    let costs: [Int]

    var testDescription: String { name }
  }

  static let ridgePoints = [0, 5, 31.2, 50, 100, 347.3, 433.8, 500]

  static let rows = [
    Row(
      name: "mobilenetv4_conv_small", inputSize: 224, weightMegabytes: "3.75",
      activationMegabytes: "4.03", intensity: "23.9",
      costs: [186, 197, 300, 407, 780, 2703, 3376, 3891]),
    Row(
      name: "mobilenetv4_conv_medium", inputSize: 256, weightMegabytes: "9.65",
      activationMegabytes: "15.29", intensity: "43.3",
      costs: [1080, 1092, 1313, 1518, 2537, 8662, 10820, 12471]),
    Row(
      name: "mobilenetv4_conv_large", inputSize: 384, weightMegabytes: "32.44",
      activationMegabytes: "54.92", intensity: "73.0",
      costs: [6376, 6393, 7051, 7618, 9286, 30341, 37898, 43681]),
    Row(
      name: "mobilenetv1_100", inputSize: 224, weightMegabytes: "4.21",
      activationMegabytes: "10.19", intensity: "39.5",
      costs: [569, 581, 758, 920, 1470, 5000, 6245, 7198]),
    Row(
      name: "mobilenetv2_100", inputSize: 224, weightMegabytes: "3.47",
      activationMegabytes: "13.45", intensity: "17.8",
      costs: [301, 316, 580, 854, 1692, 5875, 7338, 8458]),
    Row(
      name: "mobilenetv3_large_100", inputSize: 224, weightMegabytes: "5.45",
      activationMegabytes: "8.92", intensity: "15.1",
      costs: [217, 238, 492, 731, 1437, 4990, 6233, 7185]),
    Row(
      name: "mobilenetv3_small_100", inputSize: 224, weightMegabytes: "2.53",
      activationMegabytes: "2.96", intensity: "10.3",
      costs: [57, 67, 171, 274, 548, 1904, 2379, 2742]),
    Row(
      name: "mobilenext_100", inputSize: 224, weightMegabytes: "3.48",
      activationMegabytes: "16.22", intensity: "15.8",
      costs: [311, 329, 647, 987, 1970, 6841, 8545, 9849]),
    Row(
      name: "efficientnet_b0", inputSize: 224, weightMegabytes: "5.24",
      activationMegabytes: "13.58", intensity: "20.5",
      costs: [386, 400, 671, 960, 1882, 6536, 8164, 9410]),
  ]

  @Test(arguments: rows) func costsAreThoseOfTheTables(row: Row) throws {
    let architecture = try #require(Architecture.named(row.name))
    let graph = try architecture.build(
      .init(inputSize: row.inputSize), weights: SeededWeights(seed: 0))
    let layers = graph.layerCosts
    let total = layers.total(name: "total")
    #expect((Double(total.weightElementCount) / 1e6).roundedText(2) == row.weightMegabytes)
    #expect((Double(total.activationElementCount) / 1e6).roundedText(2) == row.activationMegabytes)
    #expect(total.intensity(elementByteCount: 1).roundedText(1) == row.intensity)
    let costs = Self.ridgePoints.map {
      Int((layers.roofline(ridgePoint: $0, elementByteCount: 1) / 1e6).rounded())
    }
    #expect(costs == row.costs)
  }

  @Test func bytesScaleWithTheElement() {
    let layer = LayerCost(
      name: "", multiplyAccumulateCount: 1200, weightElementCount: 20, activationElementCount: 40)
    #expect(layer.byteCount(elementByteCount: 4) == 240)
    #expect(layer.intensity(elementByteCount: 4) == 5)
    #expect(layer.roofline(ridgePoint: 4, elementByteCount: 4) == 1200)
    #expect(layer.roofline(ridgePoint: 10, elementByteCount: 4) == 2400)
  }
}
