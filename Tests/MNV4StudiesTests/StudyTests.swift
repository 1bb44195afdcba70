import MNV4
import MNV4Core
import MNV4Quantization
import MarkupTesting
import Testing

@testable import MNV4Studies

/// What the studies say of numbers that are known.
@Suite struct StudyTests {
  private func check(_ document: StudyDocument) throws {
    let page = ParsedPage(document.html())
    #expect(page.isWellFormed)
    #expect(page.elements("figure").count == document.charts.count)
    #expect(!page.elements("svg").isEmpty)
    #expect(Set(document.tables.map(\.id)).count == document.tables.count)
    for table in document.tables {
      #expect(Set(table.columns.map(\.key)).count == table.columns.count)
      #expect(!table.rows.isEmpty)
    }
    #expect(try !document.json().isEmpty)
  }

  // MARK: Universal inverted bottlenecks

  private func uib(_ accuracies: [String: Int]) throws -> UIBStudy {
    let network = try StudySamples.network()
    let rows = UIBStudy.rows
    let variants = rows.map { row in
      UIBStudy.Variant(
        title: row.title, paper: row,
        network: StudyNetwork(
          name: "\(row.name)_050", float: network.float, integer: network.integer))
    }
    func group(_ id: String) -> UIBStudy.Group {
      UIBStudy.Group(
        id: id, title: id, variants: variants,
        latency: StudySamples.latency([1, 0.8, 3, 9, 1.2, 1.0002]), classCount: 10)
    }
    var right: [String: [NumberType: [Bool]]] = [:]
    for (name, count) in accuracies {
      right["\(name)_050"] = [
        .float32: StudySamples.right(count), .int8: StudySamples.right(count - 1),
      ]
    }
    return UIBStudy(
      options: StudySamples.options, small: group("small"), large: group("large"),
      accuracy: AccuracyMeasurement(right: right), noise: StudySamples.noise("Small"), remarks: [])
  }

  @Test func bestVariantsAreThoseThatNothingBeats() throws {
    let study = try uib([
      "mobilenetv4_conv_small": 80, "mobilenetv3_small": 60, "mobilenetv4_conv_medium": 90,
      "mobilenetv4_conv_large": 85, "mobilenetv4_conv_small_extradw": 79,
      "mobilenetv4_conv_small_convnext": 70,
    ])
    let document = try study.document()
    try check(document)
    let budget = try #require(document.tables.first { $0.id == "budget" })
    #expect(
      budget.cells("network").prefix(3) == [
        .text("MobileNetV3-Small (baseline)"), .text("MobileNetV4-Small"),
        .text("MobileNetV4-Medium"),
      ])
    let findings = document.findings.joined(separator: "\n")
    #expect(
      findings.contains(
        "than MobileNetV3-Small” (the manuscript: +11.91 points for Small): "
          + "Small is more accurate here, too, +20"
      ))
    #expect(
      findings.contains(
        "more accurate than Medium” (the manuscript: +0.57 points for Small): "
          + "Small is less accurate here, −10"))
    #expect(findings.contains("Large 9.00 times as long"))
    let table = try #require(document.tables.first { $0.id == "table-1" })
    #expect(table.cells("paper_accuracy")[0] == .number(77.84, digits: 2))
    let roofline = try #require(document.tables.first { $0.id == "roofline-small" })
    #expect(roofline.rows.count == RidgePoints.all.count)
    #expect(roofline.cells("ridge_point").first == .number(0, digits: 1))
    #expect(roofline.cells("ridge_point").last == .number(500, digits: 1))
    // Six networks that are the same: the best of them beats all others at every ridge point.
    #expect(roofline.cells("front").allSatisfy { $0 == .text("Medium") })
  }

  @Test func withoutAccuracyThereAreCostsAlone() throws {
    let document = try uib([:]).document()
    try check(document)
    #expect(!document.tables.contains { $0.id == "budget" })
    let table = try #require(document.tables.first { $0.id == "roofline-small" })
    #expect(table.cells("front").isEmpty)
    #expect(table.summary.contains("Accuracy is not known here"))
    #expect(!document.findings.contains { $0.contains("holds here") })
  }

  // MARK: MobileNeXt and MobileNetV2

  private func comparison(_ losses: [(Int, Int)]?) throws -> MobileNeXtStudy {
    let network = try StudySamples.network()
    let networks = ["mobilenetv2_050", "mobilenext_050"].map {
      StudyNetwork(name: $0, float: network.float, integer: network.integer)
    }
    let pairs = MobileNeXtPaper.table3.map { row in
      MobileNeXtStudy.Pair(
        width: row.width, figures: [row.mobileNetV2Figures, row.mobileNeXtFigures],
        networks: networks, latency: StudySamples.latency([1, 1.2]))
    }
    let grid = losses.map { losses in
      QuantizationGrid(
        names: networks.map(\.name), float: [80, 85].map(StudySamples.right),
        rows: zip(
          [QuantizationOptions.WeightScales.perTensor, .perChannel], losses
        ).map { scales, loss in
          .init(
            choice: QuantizationChoice(scales: scales, calibration: .entropy),
            right: [StudySamples.right(80 - loss.0), StudySamples.right(85 - loss.1)])
        })
    }
    return MobileNeXtStudy(
      options: StudySamples.options, pairs: pairs,
      small: .init(
        width: "0.5", figures: [], networks: networks, latency: StudySamples.latency([1, 0.9])),
      accuracy: AccuracyMeasurement(
        right: grid == nil
          ? [:]
          : [
            "mobilenetv2_050": [.float32: StudySamples.right(80)],
            "mobilenext_050": [.float32: StudySamples.right(85)],
          ]),
      grid: grid, noise: [StudySamples.noise("V2"), LayerNoise(networks: [], method: "")],
      remarks: [])
  }

  @Test func conclusionsFollowTheLosses() throws {
    let document = try comparison([(30, 10), (1, 1)]).document()
    try check(document)
    let findings = document.findings.joined(separator: "\n")
    #expect(findings.contains("(the paper: +2.3 points at 0.5 on ImageNet) holds here"))
    #expect(findings.contains("(the paper: 5.40 points against 7.18) holds for 1 of 2 ways"))
    #expect(findings.contains("for 1 the pictures do not decide"))
    #expect(
      findings.contains(
        "as the paper did, with a scale a tensor: MobileNeXt loses 10.00, MobileNetV2 loses 30.00 "
          + "points; MobileNetV2 more by +20.00 points"))
    #expect(findings.contains("does not hold here at 5 of 5 widths"))
    let table = try #require(document.tables.first { $0.id == "table-4" })
    #expect(table.rows.count == 3)
    #expect(table.cells("v2_accuracy")[1] == .number(50, digits: 2))
  }

  @Test func withoutPicturesThereIsNoTable4() throws {
    let document = try comparison(nil).document()
    try check(document)
    #expect(!document.tables.contains { $0.id == "table-4" })
    let table = try #require(document.tables.first { $0.id == "table-3" })
    #expect(table.rows.count == 10)
    #expect(table.cells("paper_top1")[1] == .number(76.1, digits: 2))
  }

  @Test func everyWayOfQuantizationIsThere() {
    let all = QuantizationChoice.all
    #expect(all.count == 33 && Set(all).count == 33)
    #expect(Set(all.map(\.name)).count == 33)
    for choice in all {
      let options = choice.options
      #expect(options.rounding == choice.rounding && options.calibration == choice.calibration)
    }
    #expect(QuantizationChoice.few.count == 4)
  }

  // MARK: One more depthwise convolution

  @Test func extraDepthwiseRuns() throws {
    let document = try Study.extraDepthwise.run(StudySamples.options, progress: .silent)
    try check(document)
    let table = try #require(document.tables.first)
    #expect(
      table.cells("parameters") == [.count(3_504_872), .count(3_583_368), .count(3_535_416)])
    #expect(table.cells("float32_ms").allSatisfy { $0 != .none })
    #expect(table.cells("paper_macs")[1] == .number(340, digits: 0))
  }
}
