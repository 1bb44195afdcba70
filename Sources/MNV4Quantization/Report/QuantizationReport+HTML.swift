import MNV4Charts
import MNV4Core

extension QuantizationReport {
  /// The report as one HTML page that needs no other file and no network: what to act on, size,
  /// latency and accuracy, charts of noise, ranges and time, every layer in a table, and what it all
  /// means. Equal reports give equal pages.
  public func html() -> String {
    var body = [pageHeader, ReportTiles(self).markup]
    if !warnings.isEmpty { body.append(warningCard) }
    if let attention = attentionCard { body.append(attention) }
    let charts = ReportCharts(self)
    body += [charts.noise, charts.ranges, charts.times].compactMap { $0 }.map(card)
    if !layers.isEmpty { body.append(layerCard) }
    let details = [keptCard, equalizedCard, settingsCard].compactMap { $0 }
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

  /// The layers that read as broken or suspect by name, the noisiest first, and what to try.
  private var attentionCard: Markup? {
    let found = layersToActOn
    guard let worst = found.first else { return nil }
    let hasBroken = layers[worst].reading == .broken
    let items = found.map { index -> Markup in
      let layer = layers[index]
      return .tag(
        "li",
        [
          .tag("a", ["href": "#layer-\(index + 1)"], [.tag("code", ["\(layer.name)"])]),
          "\u{20}",
          .tag("span", ["class": "note \(layer.reading.tone)"], ["\(layer.reading.rawValue)"]),
          " \(layer.isolatedDecibels.noiseText) alone, \(layer.accumulatedDecibels.noiseText) in the network; \(layer.operation)",
        ])
    }
    let flag = "--keep-float \(layers[worst].name.visible.shellWord)"
    return .tag(
      "section", ["class": hasBroken ? "card notice severe" : "card notice"],
      [
        .tag("h2", ["\(Self.count(found.count, "layer")) to look at"]),
        .tag("ul", ["class": "points"], items),
        .tag(
          "p",
          [
            "Try, in this order: ", .tag("code", ["--weights per-channel"]), ", ",
            .tag("code", ["--equalize"]), ", more calibration pictures, and last ",
            .tag("code", ["\(flag)"]), ".",
          ]),
      ])
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
        ReportPageTable(layers).markup,
      ])
  }

  private var keptCard: Markup? {
    guard !keptLayers.isEmpty else { return nil }
    var table = DataTable(
      caption: "Layers kept in float",
      columns: [
        DataTable.Column("layer", .name), DataTable.Column("adds ms", .number),
        DataTable.Column("pictures right", .number),
      ],
      rows: keptLayers.map { layer in
        DataTable.Row(cells: [
          DataTable.Cell("\(layer.name)"),
          DataTable.Cell(layer.addedMilliseconds) { $0.roundedText(3) },
          DataTable.Cell(layer.correct.map(Double.init)) { $0.groupedText },
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

  private var settingsCard: Markup? {
    let rows = settings.map { setting in
      DataTable.Row(cells: [
        DataTable.Cell("\(setting.name)"), DataTable.Cell("\(setting.value)"),
      ])
    }
    guard !rows.isEmpty else { return nil }
    return .tag(
      "section", ["class": "card"],
      [
        .tag("h2", ["Settings"]),
        DataTable(
          caption: "Settings",
          columns: [DataTable.Column("setting", .name), DataTable.Column("value", .text)],
          rows: rows
        ).markup,
      ])
  }
}

extension Double {
  /// A count as a person reads it: `4,406`.
  fileprivate var groupedText: String { Int(exactly: self)?.groupedText ?? roundedText(0) }
}
