/// A row an entry, with a bar or a dot for each of its values, on an axis that starts at zero.
///
///     BarChart(title: "Time", summary: "…", series: [.init("float", .bar, .second)], …).markup
package struct BarChart: Sendable {
  package enum Mark: Hashable, Sendable { case bar, dot }

  package enum Ink: String, Hashable, Sendable { case first, second }

  package struct Series: Hashable, Sendable {
    package var name: String
    package var mark: Mark
    package var ink: Ink

    package init(_ name: String, _ mark: Mark, _ ink: Ink) {
      self.name = name
      self.mark = mark
      self.ink = ink
    }
  }

  package struct Row: Hashable, Sendable {
    package var label: String
    package var note: String
    package var tone: Tone
    /// One for each series; nil where there is none.
    package var values: [Double?]
    /// How far each value may be off, drawn as a line over its bar; none, or one for each value.
    package var intervals: [ClosedRange<Double>?]
    /// What is written at the end of the row, one for each of the chart's `valueTitles`.
    package var texts: [String]

    package init(
      label: String, note: String = "", tone: Tone = .plain, values: [Double?], texts: [String],
      intervals: [ClosedRange<Double>?] = []
    ) {
      self.label = label
      self.note = note
      self.tone = tone
      self.values = values
      self.texts = texts
      self.intervals = intervals
    }
  }

  package var title: String
  package var summary: Markup
  package var series: [Series]
  package var scale: AxisScale
  package var zones: [ChartZone] = []
  package var valueTitles: [String]
  package var rows: [Row]

  package init(
    title: String, summary: Markup, series: [Series], scale: AxisScale, valueTitles: [String],
    rows: [Row]
  ) {
    self.title = title
    self.summary = summary
    self.series = series
    self.scale = scale
    self.valueTitles = valueTitles
    self.rows = rows
  }

  package var markup: Markup {
    let frame = ChartFrame(
      title: title, summary: summary,
      legend: series.map { ChartFrame.LegendEntry(name: $0.name, swatch: swatch($0)) },
      scale: scale, zones: zones, valueTitles: valueTitles)
    return frame.markup(rows.map { row($0, frame) })
  }

  private func swatch(_ series: Series) -> Markup {
    switch series.mark {
    case .bar:
      .tag("rect", ["class": "bar \(series.ink)", "y": "1", "width": "22", "height": "10"])
    case .dot:
      .tag("circle", ["class": "dot \(series.ink)", "cx": "11", "cy": "6", "r": "4"])
    }
  }

  private func row(_ row: Row, _ frame: ChartFrame) -> ChartFrame.Row {
    let texts = zip(valueTitles, row.texts).map { "\($0) \($1)" }
    let note = row.note.isEmpty ? "" : " (\(row.note))"
    return ChartFrame.Row(
      label: row.label, note: row.note, tone: row.tone, values: row.texts,
      title: "\(row.label)\(note): \(texts.joined(separator: ", "))",
      shapes: shapes(row, frame))
  }

  /// Bars share the height of the row, from above to below; dots stand in its middle, over them.
  private func shapes(_ row: Row, _ frame: ChartFrame) -> [Markup] {
    let bars = series.indices.filter { series[$0].mark == .bar && row.values.indices.contains($0) }
    let height = bars.count > 1 ? 14 / bars.count : 10
    var shapes: [Markup] = []
    for (place, index) in bars.enumerated() {
      let y = place * height - (bars.count > 1 ? 7 : 5)
      let series = series[index]
      guard let place = row.values[index].flatMap(scale.fraction) else { continue }
      shapes.append(
        .tag(
          "rect",
          [
            "class": "bar \(series.ink)", "y": "\(y)", "width": frame.percent(place),
            "height": "\(max(1, height - (bars.count > 1 ? 1 : 0)))",
          ]))
      if row.intervals.indices.contains(index), let interval = row.intervals[index] {
        shapes.append(frame.interval(interval, y: y + height / 2))
      }
    }
    for (series, value) in zip(series, row.values) where series.mark == .dot {
      guard let place = value.flatMap(scale.fraction) else { continue }
      shapes.append(
        .tag("circle", ["class": "dot \(series.ink)", "cx": frame.percent(place), "r": "4"]))
    }
    return shapes
  }
}
