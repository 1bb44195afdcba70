/// A row an entry: the stretch of numbers that occurred, over the stretch that is there for them.
/// What occurred beyond it is marked.
package struct RangeChart: Sendable {
  /// Two numbers in either order, NaN and infinity included.
  package struct Stretch: Hashable, Sendable {
    package var lowest: Double
    package var highest: Double

    package init(lowest: Double, highest: Double) {
      self.lowest = lowest
      self.highest = highest
    }
  }

  package struct Row: Hashable, Sendable {
    package var label: String
    package var note: String
    package var tone: Tone
    package var observed: Stretch
    /// Nil where every number is there for the entry.
    package var available: Stretch?
    /// What is written at the end of the row, one for each of the chart's `valueTitles`.
    package var texts: [String]

    package init(
      label: String, note: String = "", tone: Tone = .plain, observed: Stretch,
      available: Stretch?, texts: [String]
    ) {
      self.label = label
      self.note = note
      self.tone = tone
      self.observed = observed
      self.available = available
      self.texts = texts
    }
  }

  package var title: String
  package var summary: Markup
  package var observedName: String
  package var availableName: String
  package var beyondName: String
  package var valueTitles: [String]
  package var rows: [Row]

  /// `names` are those of what was observed, what is available, and what lies beyond it.
  package init(
    title: String, summary: Markup, names: (observed: String, available: String, beyond: String),
    valueTitles: [String], rows: [Row]
  ) {
    self.title = title
    self.summary = summary
    observedName = names.observed
    availableName = names.available
    beyondName = names.beyond
    self.valueTitles = valueTitles
    self.rows = rows
  }

  package var markup: Markup {
    let ends = rows.flatMap { row in
      [row.observed, row.available].flatMap { $0.map { [$0.lowest, $0.highest] } ?? [] }
    }
    let frame = ChartFrame(
      title: title, summary: summary, legend: legend, scale: .symmetricLog(ends), zones: [],
      valueTitles: valueTitles)
    return frame.markup(rows.map { row($0, frame) })
  }

  private var legend: [ChartFrame.LegendEntry] {
    [
      ("available", 0, 12, availableName), ("observed", 3, 6, observedName),
      ("beyond", 3, 6, beyondName),
    ]
    .map { style, y, height, name in
      ChartFrame.LegendEntry(
        name: name,
        swatch: .tag(
          "rect", ["class": style, "y": "\(y)", "width": "22", "height": "\(height)"]))
    }
  }

  private func row(_ row: Row, _ frame: ChartFrame) -> ChartFrame.Row {
    var title = "\(row.label): \(observedName) \(text(row.observed))"
    if let available = row.available { title += ", \(availableName) \(text(available))" }
    for (name, text) in zip(valueTitles, row.texts) { title += ", \(name) \(text)" }
    return ChartFrame.Row(
      label: row.label, note: row.note, tone: row.tone, values: row.texts, title: title,
      shapes: shapes(row, frame))
  }

  private func text(_ stretch: Stretch) -> String {
    let ends = [stretch.lowest, stretch.highest].map { $0.significantText(4).withMinusSign }
    return "\(ends[0]) to \(ends[1])"
  }

  private func shapes(_ row: Row, _ frame: ChartFrame) -> [Markup] {
    var shapes: [Markup] = []
    if let available = row.available {
      shapes.append(rectangle("available", available, height: 14, frame))
    }
    shapes.append(rectangle("observed", row.observed, height: 6, frame))
    guard let available = row.available else { return shapes }
    if row.observed.lowest < available.lowest {
      let below = Stretch(
        lowest: row.observed.lowest, highest: min(available.lowest, row.observed.highest))
      shapes.append(rectangle("beyond", below, height: 6, frame))
    }
    if row.observed.highest > available.highest {
      let above = Stretch(
        lowest: max(available.highest, row.observed.lowest), highest: row.observed.highest)
      shapes.append(rectangle("beyond", above, height: 6, frame))
    }
    return shapes
  }

  /// At least two pixels wide, so that a stretch of one number is seen; nothing where an end is NaN.
  private func rectangle(
    _ style: StaticString, _ stretch: Stretch, height: Int, _ frame: ChartFrame
  ) -> Markup {
    guard let from = frame.scale.fraction(stretch.lowest),
      let to = frame.scale.fraction(stretch.highest)
    else { return .empty }
    return .tag(
      "rect",
      [
        "class": "\(style)", "x": frame.percent(min(from, to)), "y": "\(-height / 2)",
        "width": frame.percent(max(from - to, to - from)), "height": "\(height)",
      ])
  }
}
