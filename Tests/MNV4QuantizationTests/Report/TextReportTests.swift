import Testing

@testable import MNV4Quantization

@Suite struct TextReportTests {
  @Test(arguments: [80, 100, 120, 160, 240])
  func isNoWiderThanAsked(_ width: Int) {
    let lines = SampleReport.mobileNetV2.text(width: width)
    for line in lines { #expect(line.count <= width, "\(line)") }
  }

  @Test(arguments: [1, 80, 240])
  func everyLayerHasARow(_ width: Int) throws {
    let report = SampleReport.mobileNetV2
    let lines = report.text(width: width)
    let start = try #require(lines.firstIndex { $0.contains("effect dB") })
    for (index, layer) in report.layers.enumerated() {
      let words = lines[start + 1 + index].split(separator: " ")
      #expect(words.first == "\(index + 1)")
      #expect(words.contains(Substring(layer.name)))
    }
  }

  @Test func moreRoomShowsMore() throws {
    func header(_ width: Int) throws -> String {
      try #require(SampleReport.mobileNetV2.text(width: width).first { $0.contains("effect dB") })
    }
    #expect(!(try header(40)).contains("alone dB"))
    #expect(!(try header(80)).contains("operation"))
    let widths = 40...240
    let needs = try ["effect dB", "alone dB", "in network dB", "µs", "clipped"].map { title in
      try #require(widths.first { try header($0).contains(title) })
    }
    #expect(needs == needs.sorted())
    #expect(needs[0] < needs[1] && needs[1] < needs[2] && needs[2] < needs[3])
    for title in ["operation", "lowest", "clipped", "weights", "float µs", "int8 size"] {
      #expect(try header(240).contains(title))
    }
  }

  @Test func sumIsAtTheTopAndAtTheEnd() {
    let lines = SampleReport.mobileNetV2.text(width: 120)
    for text in [
      "size              14.0 MB → 3.6 MB, 3.85× smaller",
      "latency           9.83 ms → 4.61 ms, 2.13× faster, one thread",
      "accuracy          88.42% → 88.04%, -0.38 points (4,421 and 4,402 of 5,000 pictures right)",
      "agreement         97.54% of the pictures in the same class",
      "output            23.7 dB signal to noise",
      "layers            58 fine, 3 suspect, 2 broken, 1 float",
      "warning: layer blocks.4.1.conv_dw clips 3.14% of its numbers",
    ] {
      #expect(lines.prefix(20).contains { $0.hasPrefix(text) })
      #expect(lines.suffix(12).contains { $0.hasPrefix(text) })
    }
  }

  @Test func layersToActOnAreNamed() {
    let report = SampleReport.mobileNetV2
    let lines = report.text(width: 80)
    for layer in report.layers where layer.reading == .broken || layer.reading == .suspect {
      #expect(lines.contains { $0.hasPrefix("  \(layer.name)  effect ") && $0.hasSuffix(" dB") })
    }
    #expect(lines.contains("  blocks.0.0.conv_dw  effect 7.4 dB, alone 21.3 dB"))
    let listed = lines.filter { $0.contains(" dB, alone ") }
    let names = listed.map { String($0.dropFirst(2).prefix { $0 != " " }) }
    #expect(names == report.layersToActOn.map { report.layers[$0].name })
    #expect(report.layersToActOn == [1, 41, 2, 10, 44])
    #expect(lines.joined(separator: " ").contains("--keep-float blocks.0.0.conv_dw"))
    #expect(lines.contains { $0.hasPrefix("blocks.6.0.conv_pwl") && $0.contains("+0.183 ms") })
    #expect(lines.contains { $0.contains("11.4×") })
  }

  /// A full bar and an empty one, with marks at 15 and 30 dB.
  @Test func barsShowTheEffect() throws {
    var report = SampleReport.mobileNetV2
    report.layers[3].effectDecibels = 60
    report.layers[3].isolatedDecibels = 1
    report.layers[4].effectDecibels = 0
    report.layers[4].isolatedDecibels = 60
    let lines = report.text(width: 160)
    let start = try #require(lines.firstIndex { $0.contains("effect dB") })
    #expect(!lines[start + 4].contains("┊"))
    #expect(lines[start + 4].contains("████████████"))
    #expect(lines[start + 5].count { $0 == "┊" } == 2)
    #expect(!lines[start + 5].contains("█"))
  }

  @Test func whatWasNotMeasuredIsSaid() {
    let lines = SampleReport.unmeasured.text(width: 120)
    #expect(lines.count { $0 == "latency           not measured" } == 2)
    #expect(lines.count { $0 == "accuracy          not measured" } == 2)
    #expect(!lines.contains { $0.contains("µs") || $0.contains("--keep-float") })
  }

  @Test(arguments: [-5, 0, 40, 120, 500])
  func nothingReachesTheTerminalThatActsOnIt(_ width: Int) {
    let lines = SampleReport.hostile.text(width: width)
    for scalar in lines.joined().unicodeScalars {
      #expect(scalar.properties.generalCategory != .control)
      #expect(scalar.properties.generalCategory != .format)
    }
    #expect(lines.contains { $0.contains("\\u{1B}[31m") })
  }

  @Test func anEmptyReportIsShort() {
    let lines = SampleReport.empty.text()
    #expect(lines.contains("layers            none"))
    #expect(!lines.contains { $0.contains("effect") })
  }

  @Test(
    arguments: [
      (nil, "–"), (12.34, "12.3"), (.infinity, "exact"), (-.infinity, "-∞"), (.nan, "NaN"),
      (-3, "-3.0"),
    ] as [(Double?, String)])
  func decibels(_ value: Double?, _ text: String) {
    #expect(value.decibelText == text)
  }

  @Test(
    arguments: [
      (2.0, 1.0, "2.00× smaller"), (1, 2, "2.00× larger"), (1, 1.001, "the same"), (0, 1, nil),
      (1, 0, nil), (.infinity, 1, nil), (.nan, 1, nil),
    ] as [(Double, Double, String?)])
  func ratios(_ first: Double, _ second: Double, _ text: String?) {
    let ratio = QuantizationReport.ratio(first, second)
    #expect(QuantizationReport.ratioText(ratio, above: "smaller", below: "larger") == text)
  }
}
