import MNV4Charts
import MarkupTesting
import Testing

@Suite struct BarChartTests {
  private func chart(_ rows: [BarChart.Row]) -> BarChart {
    var chart = BarChart(
      title: "Noise <dB>", summary: "More is better.",
      series: [.init("alone", .bar, .first), .init("network", .dot, .second)],
      scale: .linear([40]), valueTitles: ["alone", "network"], rows: rows)
    chart.zones = [ChartZone(from: 0, to: 10, name: "broken", tone: .severe)]
    return chart
  }

  @Test func barsAndDotsStandWhereTheirValuesAre() throws {
    let page = ParsedPage(
      chart([.init(label: "a", values: [10, 30], texts: ["10", "30"])]).markup.source)
    #expect(page.isWellFormed)
    // The first is that of the legend.
    let bar = try #require(page.elements("rect", class: "bar").last)
    #expect(bar.attributes["width"] == "25.00%")
    let dot = try #require(page.elements("circle").last)
    #expect(dot.attributes["cx"] == "75.00%")
    let zone = try #require(page.elements("rect", class: "zone").first)
    #expect(zone.attributes["width"] == "25.00%")
  }

  @Test(arguments: [nil, .nan] as [Double?])
  func whatIsUnknownIsNotDrawn(_ value: Double?) {
    let page = ParsedPage(
      chart([.init(label: "a", values: [value, value], texts: ["–", "–"])]).markup.source)
    #expect(page.elements("rect", class: "bar").count == 1)
    #expect(page.elements("circle").count == 1)
  }

  @Test(arguments: [(1e308, "100.00%"), (.infinity, "100.00%"), (-3, "0.00%")])
  func valuesBeyondTheAxisEndWithIt(_ value: Double, _ width: String) {
    let page = ParsedPage(
      chart([.init(label: "a", values: [value, nil], texts: ["", ""])]).markup.source)
    #expect(page.elements("rect", class: "bar").last?.attributes["width"] == width)
  }

  @Test func everyRowSaysWhatItShows() {
    let page = ParsedPage(
      chart([
        .init(
          label: "<a>", note: "broken", tone: .severe, values: [3, 2], texts: ["3.0", "2.0"])
      ]).markup.source)
    #expect(page.elements("svg").count { $0.attributes["role"] == "img" } == 1)
    #expect(page.text.contains("<a> (broken): alone 3.0, network 2.0"))
    #expect(page.text.contains("Noise <dB>"))
  }

  /// Bars of one row lie below one another, inside the row.
  @Test func barsDoNotOverlap() throws {
    let chart = BarChart(
      title: "", summary: "", series: [.init("x", .bar, .first), .init("y", .bar, .second)],
      scale: .linear([1]), valueTitles: [], rows: [.init(label: "a", values: [1, 1], texts: [])])
    let bars = ParsedPage(chart.markup.source).elements("rect", class: "bar").suffix(2)
    let spans = try bars.map { bar in
      let y = try #require(Int(bar.attributes["y"] ?? ""))
      return y..<(y + (try #require(Int(bar.attributes["height"] ?? ""))))
    }
    #expect(!spans[0].overlaps(spans[1]))
    #expect(spans.allSatisfy { (-10...10).contains($0.lowerBound) && $0.upperBound <= 10 })
  }
}

@Suite struct RangeChartTests {
  private func page(_ observed: (Double, Double), _ available: (Double, Double)?) -> ParsedPage {
    let chart = RangeChart(
      title: "Ranges", summary: "", names: ("observed", "reach", "clipped"), valueTitles: [],
      rows: [
        .init(
          label: "a", observed: .init(lowest: observed.0, highest: observed.1),
          available: available.map { .init(lowest: $0.0, highest: $0.1) }, texts: [])
      ])
    return ParsedPage(chart.markup.source)
  }

  /// How many stretches lie beyond what is available; the legend has one rectangle of each kind.
  @Test(
    arguments: [
      ((0, 6), (0, 6), 0), ((-1, 6), (0, 6), 1), ((0, 7), (0, 6), 1), ((-1, 7), (0, 6), 2),
      ((8, 9), (0, 6), 1), ((.nan, 6), (0, 6), 0), ((-.infinity, .infinity), (-1, 1), 2),
      ((0, 6), (.nan, .nan), 0),
    ] as [((Double, Double), (Double, Double), Int)])
  func whatLiesBeyondIsMarked(
    _ observed: (Double, Double), _ available: (Double, Double), _ count: Int
  ) {
    let page = page(observed, available)
    #expect(page.isWellFormed)
    #expect(page.elements("rect", class: "beyond").count == 1 + count)
  }

  @Test func withoutLimitsNothingIsBeyond() {
    let page = page((-1e30, 1e30), nil)
    #expect(page.elements("rect", class: "available").count == 1)
    #expect(page.elements("rect", class: "beyond").count == 1)
    #expect(page.elements("rect", class: "observed").count == 2)
  }
}

@Suite struct DataTableTests {
  @Test func cellsMatchTheirColumns() {
    var table = DataTable(
      caption: "<caption>", columns: [.init("layer", .name), .init("µs", .number, "median")],
      rows: [
        .init(id: "r1", tone: .severe, cells: [.init("<a>"), .init(-1.5) { "\($0)" }]),
        .init(cells: [.init("b"), .init(nil) { "\($0)" }]),
      ])
    table.isSortable = true
    let page = ParsedPage(table.markup.source)
    #expect(page.isWellFormed)
    #expect(page.elements("th").map { $0.attributes["scope"] } == ["col", "col", "row", "row"])
    #expect(page.elements("td").map { $0.attributes["data-number"] } == ["-1.5", nil])
    #expect(page.elements("tr", class: "severe").map { $0.attributes["id"] } == ["r1"])
    #expect(page.elements("table").first?.attributes["data-sortable"] != nil)
    #expect(page.text.contains("−1.5"))
    #expect(page.text.contains("–"))
  }
}

@Suite struct IntervalChartTests {
  private func page(_ row: IntervalChart.Row) -> ParsedPage {
    ParsedPage(
      IntervalChart(
        title: "Time <%>", summary: "", valueName: "here", markName: "paper",
        valueTitles: ["here"], rows: [row]
      ).markup.source)
  }

  @Test func dotsAndRingsStandWhereTheirValuesAre() throws {
    let page = page(
      .init(label: "<a>", value: -5, low: -10, high: 0, mark: 5, texts: ["−5 %"]))
    #expect(page.isWellFormed)
    #expect(page.elements("circle", class: "dot").last?.attributes["cx"] == "33.33%")
    #expect(page.elements("circle", class: "ring").last?.attributes["cx"] == "100.00%")
    let line = try #require(page.elements("line", class: "interval").first)
    #expect(line.attributes["x1"] == "0.00%" && line.attributes["x2"] == "66.67%")
    #expect(page.text.contains("<a>: here −5 %"))
  }

  @Test func whatIsUnknownIsNotDrawn() {
    let page = page(
      .init(label: "a", value: .nan, low: .nan, high: .nan, mark: nil, texts: ["–"]))
    #expect(page.isWellFormed)
    // That of the legend.
    #expect(page.elements("circle").count == 1)
    #expect(page.elements("line", class: "interval").isEmpty)
  }
}

@Suite struct PlaneChartTests {
  private func chart(_ series: [PlaneChart.Series]) -> ParsedPage {
    ParsedPage(
      PlaneChart(title: "A <b>", summary: "", xTitle: "ms", yTitle: "%", series: series)
        .markup.source)
  }

  @Test func pointsStandWhereTheirNumbersAre() throws {
    let page = chart([
      .init("float", .points, [.init(x: 0, y: 10, name: "<low>"), .init(x: 5, y: 20, name: "up")])
    ])
    #expect(page.isWellFormed)
    let circles = page.elements("circle").suffix(2).map(\.attributes)
    #expect(circles.map { $0["cx"] } == ["64.0", "790.0"])
    #expect(circles.map { $0["cy"] } == ["382.0", "14.0"])
    #expect(page.text.contains("<low>: ms 0, % 10"))
  }

  @Test func linesJoinTheirPoints() throws {
    let page = chart([
      .init("a", .line, [.init(x: 0, y: 1), .init(x: .nan, y: 1), .init(x: 1, y: 3, name: "a")])
    ])
    let line = try #require(page.elements("polyline").first)
    #expect(line.attributes["points"]?.split(separator: " ").count == 2)
  }

  @Test func namesDoNotLieOverOneAnother() {
    let points = (0..<6).map { PlaneChart.Point(x: 1, y: 5, name: "name \($0)") }
    let page = chart([.init("a", .points, points)])
    let places = page.elements("text", class: "name").compactMap {
      Double($0.attributes["y"] ?? "")
    }.sorted()
    #expect(places.count == 6)
    for (one, next) in zip(places, places.dropFirst()) { #expect(next - one >= 13.9) }
  }

  @Test(arguments: [[], [PlaneChart.Point(x: .infinity, y: 1)], [.init(x: 0, y: 0)]])
  func emptyPlanesAreDrawn(_ points: [PlaneChart.Point]) {
    #expect(chart([.init("a", .points, points), .init("b", .line, [])]).isWellFormed)
  }
}

@Suite struct BarIntervalTests {
  @Test func intervalsLieOverTheirBars() throws {
    let chart = BarChart(
      title: "", summary: "", series: [.init("x", .bar, .first), .init("y", .bar, .second)],
      scale: .linear([10]), valueTitles: [],
      rows: [.init(label: "a", values: [5, nil], texts: [], intervals: [4...6, 1...2])])
    let lines = ParsedPage(chart.markup.source).elements("line", class: "interval")
    // One for the bar that is there: a line and its two ends.
    #expect(lines.count == 3)
    let line = try #require(lines.first)
    #expect(line.attributes["x1"] == "40.00%" && line.attributes["x2"] == "60.00%")
  }
}
