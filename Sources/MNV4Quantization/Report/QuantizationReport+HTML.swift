import MNV4Charts
import MNV4Core

extension QuantizationReport {
  /// The report as one HTML page that needs no other file and no network: what to act on, size,
  /// latency and accuracy, charts of effects, noise, ranges and time, every layer in a table, and what it all
  /// means. Equal reports give equal pages.
  public func html() -> String {
    var body = [pageHeader, ReportTiles(self).markup]
    if !warnings.isEmpty { body.append(warningCard) }
    if let attention = attentionCard { body.append(attention) }
    let charts = ReportCharts(self)
    body += [charts.effects, charts.noise, charts.ranges, charts.times].compactMap { $0 }.map(card)
    if !layers.isEmpty { body.append(layerCard) }
    let details = [keptCard, equalizedCard, methodCard].compactMap { $0 }
    body.append(.tag("div", ["class": "columns"], details))
    body.append(ReportLegend.markup)
    return Page(title: "\(title): int8 quantization", body: body).html
  }

  private var pageHeader: Markup {
    let pictures = calibrationCount == 1 ? "picture" : "pictures"
    var lead = "Calibrated on \(calibrationCount.groupedText) \(pictures)."
    if let processor, latency != nil { lead += " Times on one thread of \(processor)." }
    return .tag(
      "header",
      [
        .tag("p", ["class": "eyebrow"], ["int8 quantization report"]),
        .tag("h1", ["\(title)"]), .tag("p", ["class": "lead"], ["\(lead)"]),
      ])
  }

  private var warningCard: Markup {
    .tag(
      "section", ["class": "card notice"],
      [
        .tag("h2", [warnings.count == 1 ? "Warning" : "\(warnings.count) warnings"]),
        .tag("ul", ["class": "points"], warnings.map { .tag("li", ["\($0)"]) }),
      ])
  }

  private func card(_ content: Markup) -> Markup { .tag("section", ["class": "card"], [content]) }

  /// The layers that read as broken or suspect by name, the worst effect first, and what to try; also
  /// where the output is poor though no layer is.
  private var attentionCard: Markup? {
    guard let advice = ReportAdvice(self).markup else { return nil }
    let found = layersToActOn.map { (number: $0 + 1, layer: layers[$0]) }
    let isSevere = ([outputReading] + found.map(\.layer.reading)).contains(.broken)
    let items = found.map { number, layer -> Markup in
      let effect = layer.effectDecibels.noiseText.withMinusSign
      let alone = layer.isolatedDecibels.noiseText.withMinusSign
      let accumulated = layer.accumulatedDecibels.noiseText.withMinusSign
      return .tag(
        "li",
        [
          .tag("a", ["href": "#layer-\(number)"], [.tag("code", ["\(layer.name)"])]),
          "\u{20}",
          .tag("span", ["class": "note \(layer.reading.tone)"], ["\(layer.reading.rawValue)"]),
          " effect \(effect), alone \(alone), in the network \(accumulated); \(layer.operation)",
        ])
    }
    let list =
      found.isEmpty
      ? Markup.tag("p", ["No layer stands out: many small errors add up in the output."])
      : .tag("ul", ["class": "points"], items)
    let title: Markup =
      found.isEmpty ? "Output to look at" : "\(Self.count(found.count, "layer")) to look at"
    return .tag(
      "section", ["class": isSevere ? "card notice severe" : "card notice"],
      [.tag("h2", [title]), list, advice])
  }

  static func count(_ count: Int, _ noun: String) -> String {
    "\(count.groupedText) \(noun)\(count == 1 ? "" : "s")"
  }

  private var layerCard: Markup {
    .tag(
      "section", ["class": "card"],
      [
        .tag("h2", ["All layers"]),
        .tag(
          "p", ["class": "lead"],
          ["In the order of the network. A click on a title sorts; what the columns mean is below."]
        ),
        PageLayerTable(layers).markup,
      ])
  }

  private var keptCard: Markup? {
    guard !keptLayers.isEmpty else { return nil }
    var table = DataTable(
      caption: "Layers kept in float",
      columns: [
        DataTable.Column("layer", .name), DataTable.Column("adds ms", .number),
      ],
      rows: keptLayers.map { layer in
        DataTable.Row(cells: [
          DataTable.Cell("\(layer.name)"),
          DataTable.Cell(layer.addedMilliseconds) { $0.roundedText(3) },
        ])
      })
    table.isSortable = keptLayers.count > 1
    return .tag(
      "section", ["class": "card"],
      [
        .tag("h2", ["Kept in float"]),
        .tag(
          "p", ["class": "lead"],
          ["Not quantized, to keep accuracy: what that adds to every inference."]),
        table.markup,
      ])
  }

  private var equalizedCard: Markup? {
    guard !equalizedPairs.isEmpty else { return nil }
    var table = DataTable(
      caption: "Equalized pairs",
      columns: [
        DataTable.Column("layer", .name), DataTable.Column("with", .name),
        DataTable.Column("largest factor", .number),
      ],
      rows: equalizedPairs.map { pair in
        DataTable.Row(cells: [
          DataTable.Cell("\(pair.first)"), DataTable.Cell("\(pair.second)"),
          DataTable.Cell(pair.largestFactor) { "\($0.significantText(3))×" },
        ])
      })
    table.isSortable = equalizedPairs.count > 1
    return .tag(
      "section", ["class": "card"],
      [
        .tag("h2", ["Equalized pairs"]),
        .tag(
          "p", ["class": "lead"],
          ["Channels of the first layer were scaled down, those of the second up by as much."]),
        table.markup,
      ])
  }

  private var methodCard: Markup {
    let rows = method.settings.map { setting in
      DataTable.Row(cells: [
        DataTable.Cell("\(setting.name)"), DataTable.Cell("\(setting.value)"),
      ])
    }
    return .tag(
      "section", ["class": "card"],
      [
        .tag("h2", ["Method"]),
        DataTable(
          caption: "Method",
          columns: [DataTable.Column("choice", .name), DataTable.Column("value", .text)],
          rows: rows
        ).markup,
      ])
  }
}

extension Double {
  /// A count as a person reads it: `4,406`.
  fileprivate var groupedText: String { Int(exactly: self)?.groupedText ?? roundedText(0) }
}
