import MNV4Charts
import MarkupTesting
import Testing

@testable import MNV4Quantization

@Suite struct HTMLReportTests {
  private static let names = SampleReport.all.map(\.0)

  private func report(_ name: String) throws -> QuantizationReport {
    try #require(SampleReport.all.first { $0.0 == name }?.1)
  }

  @Test(arguments: names)
  func isWellFormed(_ name: String) throws {
    let html = try report(name).html()
    #expect(ParsedPage(html).isWellFormed)
    #expect(html == (try report(name).html()))
  }

  /// Whatever the texts of a file are, the page has the elements and attributes that it always has.
  @Test(arguments: names)
  func textsBecomeNoElements(_ name: String) throws {
    let page = ParsedPage(try report(name).html())
    #expect(page.elements("script").count == 1)
    let known: Set = [
      "html", "head", "meta", "title", "style", "script", "body", "main", "header", "section",
      "div", "p", "h1", "h2", "ul", "ol", "li", "dl", "dt", "dd", "span", "a", "b", "code",
      "figure", "figcaption", "svg", "rect", "circle", "line", "text", "table", "caption",
      "thead", "tbody", "tr", "th", "td",
    ]
    #expect(Set(page.elements.map(\.name)).isSubset(of: known))
    for element in page.elements {
      for (key, value) in element.attributes {
        #expect(!key.hasPrefix("on") && key != "style" && key != "src")
        if key == "href" { #expect(value.hasPrefix("#layer-")) }
      }
    }
  }

  @Test func hostileNamesAreShownAsTheyAre() {
    let page = ParsedPage(SampleReport.hostile.html())
    for text in [
      "<script>alert(3)</script>", "</title><script>alert(1)</script>", "<!-- conv -->",
      "<b>, \"><img src",
      "a' onclick='alert(4)' b=\"", "\"><img src=x onerror=alert(1)>", "\\u{202E}desrever", "]]>",
      "<script>alert(2)</script> & more",
    ] {
      #expect(page.text.contains(text), "\(text)")
    }
  }

  @Test(arguments: names)
  func numbersOfShapesAreNumbers(_ name: String) throws {
    for element in ParsedPage(try report(name).html()).elements {
      for key in ["x", "y", "x1", "x2", "cx", "width", "height"] {
        guard let value = element.attributes[key] else { continue }
        let number = Double(value.hasSuffix("%") ? value.dropLast() : value[...])
        #expect(number?.isFinite == true, "\(element.name) \(key)=\(value)")
        if key == "width" || key == "height" { #expect(number.map { $0 >= 0 } == true) }
      }
    }
  }

  @Test func everyLayerIsInTheTableAndInTheCharts() {
    let report = SampleReport.mobileNetV2
    let page = ParsedPage(report.html())
    let ids = page.elements("tr").compactMap { $0.attributes["id"] }
    #expect(ids == (1...report.layers.count).map { "layer-\($0)" })
    let timed = report.layers.count { $0.floatMicroseconds != nil }
    let rows = page.elements("svg").count { $0.attributes["role"] == "img" }
    #expect(rows == 3 * report.layers.count + timed)
    #expect(page.elements("figure").count == 4)
    for layer in report.layers { #expect(page.text.contains(layer.name)) }
  }

  @Test func layersToActOnAreAtTheTop() {
    let page = ParsedPage(SampleReport.mobileNetV2.html())
    let links = page.elements("a").compactMap { $0.attributes["href"] }
    #expect(links == ["#layer-2", "#layer-42", "#layer-3", "#layer-11", "#layer-45"])
    #expect(page.text.contains("--keep-float blocks.0.0.conv_dw"))
    #expect(page.elements("section", class: "notice").count == 2)
  }

  /// Thresholds are those of the effect: the chart of noise has neither zones nor readings.
  @Test func onlyTheEffectHasZones() throws {
    let charts = ReportCharts(SampleReport.mobileNetV2)
    let effects = ParsedPage(try #require(charts.effects).source)
    let noise = ParsedPage(try #require(charts.noise).source)
    let count = SampleReport.mobileNetV2.layers.count
    #expect(effects.elements("rect", class: "zone").count == 2 * count)
    #expect(effects.elements("span", class: "note").count == 6)
    #expect(noise.elements("rect", class: "zone").isEmpty)
    #expect(noise.elements("div", class: "severe").isEmpty)
    #expect(noise.elements("span", class: "note").count == 1)
    let bars = effects.elements("rect", class: "bar")
    // A bar in the legend, none for the layer in float.
    #expect(bars.count == count)
    #expect(effects.elements("circle").isEmpty)
  }

  @Test(
    arguments: [
      (nil, .fine), (.nan, .broken), (-.infinity, .broken), (9.99, .broken), (10, .suspect),
      (14.99, .suspect), (15, .fine), (23, .fine), (.infinity, .fine),
    ] as [(Double?, QuantizationReport.Reading)])
  func theOutputHasThresholdsOfItsOwn(_ decibels: Double?, _ reading: QuantizationReport.Reading) {
    var report = SampleReport.unmeasured
    report.outputDecibels = decibels
    #expect(report.outputReading == reading)
    let page = ParsedPage(report.html())
    let isPoor = reading != .fine
    #expect(
      page.elements("p", class: "value").contains {
        $0.attributes["class"]?.hasSuffix("\(reading.tone)") == true
      } == isPoor)
    #expect(page.text.contains("No layer stands out") == isPoor)
  }

  @Test func whatWasNotMeasuredHasNoChart() {
    let page = ParsedPage(SampleReport.unmeasured.html())
    #expect(page.elements("figure").count == 3)
    #expect(page.elements("section", class: "notice").isEmpty)
    #expect(page.elements("p", class: "none").count == 3)
    #expect(!page.text.contains("float µs"))
  }

  @Test func anEmptyReportIsAPage() {
    let page = ParsedPage(SampleReport.empty.html())
    #expect(page.elements("figure").isEmpty)
    // The method.
    #expect(page.elements("table").count == 1)
    #expect(page.elements("h1").count == 1)
  }

  @Test(arguments: names)
  func headersSayWhatTheyHead(_ name: String) throws {
    for header in ParsedPage(try report(name).html()).elements("th") {
      #expect(["row", "col"].contains(header.attributes["scope"]))
    }
  }

  /// Integers in int8 and half a step beyond them.
  @Test func reachFollowsFromScaleAndZeroPoint() throws {
    var layer = try #require(SampleReport.mobileNetV2.layers.first)
    layer.scale = 0.5
    layer.zeroPoint = -28
    #expect(layer.reach == .init(lowest: -50.25, highest: 77.75))
    layer.isFloat = true
    #expect(layer.reach == nil)
  }
}
