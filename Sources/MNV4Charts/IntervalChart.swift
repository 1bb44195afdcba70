/// A row an entry: a number with its interval on an axis with zero in it, and another's number beside it.
package struct IntervalChart: Sendable {
  package struct Row: Hashable, Sendable {
    package var label: String
    package var note: String
    package var value: Double
    package var low: Double
    package var high: Double
    /// Drawn as a ring; nil for none.
    package var mark: Double?
    /// What is written at the end of the row, one for each of the chart's `valueTitles`.
    package var texts: [String]

    package init(
      label: String, note: String = "", value: Double, low: Double, high: Double, mark: Double?,
      texts: [String]
    ) {
      self.label = label
      self.note = note
      self.value = value
      self.low = low
      self.high = high
      self.mark = mark
      self.texts = texts
    }
  }

  package var title: String
  package var summary: Markup
  /// What the dots are, and what the rings.
  package var valueName: String
  package var markName: String
  package var valueTitles: [String]
  package var rows: [Row]

  package init(
    title: String, summary: Markup, valueName: String, markName: String, valueTitles: [String],
    rows: [Row]
  ) {
    self.title = title
    self.summary = summary
    self.valueName = valueName
    self.markName = markName
    self.valueTitles = valueTitles
    self.rows = rows
  }

  package var markup: Markup {
    let numbers = rows.flatMap { [$0.low, $0.high, $0.value] + [$0.mark].compactMap(\.self) }
    let hasMarks = rows.contains { $0.mark != nil }
    let frame = ChartFrame(
      title: title, summary: summary,
      legend: [ChartFrame.LegendEntry(name: valueName, swatch: dot("11", y: "6"))]
        + (hasMarks ? [ChartFrame.LegendEntry(name: markName, swatch: ring("11", y: "6"))] : []),
      scale: .span(numbers), zones: [], valueTitles: valueTitles)
    return frame.markup(rows.map { row($0, frame) })
  }

  private func dot(_ x: String, y: String = "0") -> Markup {
    .tag("circle", ["class": "dot full", "cx": x, "cy": y, "r": "4"])
  }

  private func ring(_ x: String, y: String = "0") -> Markup {
    .tag("circle", ["class": "ring", "cx": x, "cy": y, "r": "5"])
  }

  private func row(_ row: Row, _ frame: ChartFrame) -> ChartFrame.Row {
    var shapes: [Markup] = []
    if let place = row.mark.flatMap(frame.scale.fraction) {
      shapes.append(ring(frame.percent(place)))
    }
    if row.low <= row.high { shapes.append(frame.interval(row.low...row.high, y: 0)) }
    if let place = frame.scale.fraction(row.value) { shapes.append(dot(frame.percent(place))) }
    let texts = zip(valueTitles, row.texts).map { "\($0) \($1)" }
    return ChartFrame.Row(
      label: row.label, note: row.note, tone: .plain, values: row.texts,
      title: "\(row.label): \(texts.joined(separator: ", "))", shapes: shapes)
  }
}
