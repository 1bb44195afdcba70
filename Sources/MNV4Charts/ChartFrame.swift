import MNV4Core

/// How a row of a chart or a table wants to be read. Always said in words, too.
package enum Tone: String, Hashable, Sendable {
  case plain, muted, caution, severe
}

/// A stretch of an axis with a meaning, shaded over all rows and named at the top.
package struct ChartZone: Hashable, Sendable {
  package var from: Double
  package var to: Double
  package var name: String
  package var tone: Tone

  package init(from: Double, to: Double, name: String, tone: Tone) {
    self.from = from
    self.to = to
    self.name = name
    self.tone = tone
  }
}

/// What the charts have in common: a figure with a caption, a legend, an axis that stays in sight,
/// and a row an entry: its name, a plot as wide as the page leaves it, its numbers. On a narrow page
/// the plot stands below the name.
///
/// Positions along the axis are in per cent of the plot, so that nothing is distorted when the page is
/// resized.
struct ChartFrame {
  struct LegendEntry {
    let name: String
    /// Drawn in 22 × 12 pixels around (11, 6).
    let swatch: Markup
  }

  struct Row {
    let label: String
    /// A word or two beside the label: `broken`.
    let note: String
    let tone: Tone
    let values: [String]
    /// What the row says, for a pointer that rests on it and for a screen reader.
    let title: String
    /// Drawn with y = 0 in the middle of the row, which is 20 pixels high.
    let shapes: [Markup]
  }

  let title: String
  let summary: Markup
  let legend: [LegendEntry]
  let scale: AxisScale
  let zones: [ChartZone]
  /// The names of the numbers at the end of each row.
  let valueTitles: [String]

  func markup(_ rows: [Row]) -> Markup {
    let background = background
    return .tag(
      "figure", ["class": "chart values-\(min(valueTitles.count, 3))"],
      [
        .tag("figcaption", [.tag("h2", ["\(title)"]), .tag("p", [summary])]),
        .tag("ul", ["class": "legend"], legend.map(entry)),
        .tag("div", ["class": "rows"], [header] + rows.map { row($0, background) }),
      ])
  }

  private func entry(_ entry: LegendEntry) -> Markup {
    .tag(
      "li",
      [
        .tag("svg", ["width": "22", "height": "12", "aria-hidden": "true"], [entry.swatch]),
        "\(entry.name)",
      ])
  }

  private var header: Markup {
    var texts: [Markup] = []
    for zone in zones {
      guard let from = scale.fraction(zone.from), let to = scale.fraction(zone.to) else { continue }
      texts.append(axisText(zone.name, at: (from + to) / 2, y: 11, style: "zone-name \(zone.tone)"))
    }
    for tick in scale.ticks {
      guard let label = tick.label, let place = scale.fraction(tick.value) else { continue }
      texts.append(axisText(label, at: place, y: zones.isEmpty ? 13 : 26, style: "tick"))
    }
    return .tag(
      "div", ["class": "row axis", "aria-hidden": "true"],
      [
        .tag("span", ["class": "label"]),
        .tag("svg", ["class": "plot", "height": zones.isEmpty ? "18" : "31"], texts),
        .tag(
          "span", ["class": "values"],
          valueTitles.map { .tag("span", [Markup($0)]) }),
      ])
  }

  private func axisText(_ text: String, at fraction: Double, y: Int, style: String) -> Markup {
    let anchor = fraction < 0.02 ? "start" : fraction > 0.98 ? "end" : "middle"
    return .tag(
      "text", ["x": percent(fraction), "y": "\(y)", "text-anchor": anchor, "class": style],
      [Markup(text)])
  }

  private func row(_ row: Row, _ background: Markup) -> Markup {
    let note: Markup =
      row.note.isEmpty ? .empty : .tag("span", ["class": "note \(row.tone)"], [Markup(row.note)])
    return .tag(
      "div", ["class": "row \(row.tone)"],
      [
        .tag(
          "span", ["class": "label", "aria-hidden": "true"], [.tag("b", [Markup(row.label)]), note]),
        .tag(
          "svg", ["class": "plot", "height": "20", "role": "img"],
          [
            .tag("title", [Markup(row.title)]), background,
            .tag("svg", ["y": "50%", "overflow": "visible"], row.shapes),
          ]),
        .tag(
          "span", ["class": "values", "aria-hidden": "true"],
          row.values.map { .tag("span", [Markup($0)]) }),
      ])
  }

  /// Zones and grid lines, behind every row.
  private var background: Markup {
    var shapes: [Markup] = []
    for zone in zones {
      guard let from = scale.fraction(zone.from), let to = scale.fraction(zone.to) else { continue }
      shapes.append(
        .tag(
          "rect",
          [
            "class": "zone \(zone.tone)", "x": percent(from), "width": percent(to - from),
            "height": "100%",
          ]))
    }
    for tick in scale.ticks {
      guard let place = scale.fraction(tick.value).map(percent) else { continue }
      shapes.append(
        .tag(
          "line",
          [
            "class": tick.value == 0 ? "grid zero" : "grid", "x1": place, "x2": place,
            "y2": "100%",
          ]))
    }
    return .join(shapes)
  }

  /// A line from end to end, with two short ones across its ends.
  func interval(_ interval: ClosedRange<Double>, y: Int) -> Markup {
    guard let from = scale.fraction(interval.lowerBound).map(percent),
      let to = scale.fraction(interval.upperBound).map(percent)
    else { return .empty }
    func line(_ x1: String, _ x2: String, _ y1: Int, _ y2: Int) -> Markup {
      .tag(
        "line",
        ["class": "interval", "x1": x1, "x2": x2, "y1": "\(y1)", "y2": "\(y2)"])
    }
    return .join([
      line(from, to, y, y), line(from, from, y - 3, y + 3), line(to, to, y - 3, y + 3),
    ])
  }

  func percent(_ fraction: Double) -> String { "\((100 * fraction).roundedText(2))%" }
}
