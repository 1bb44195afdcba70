import MNV4Charts
import MNV4Core

/// The charts of a report, a row a layer.
struct ReportCharts {
  private typealias Reading = QuantizationReport.Reading
  private typealias Layer = QuantizationReport.Layer

  private let layers: [QuantizationReport.Layer]

  init(_ report: QuantizationReport) { layers = report.layers }

  /// Longer names are cut in the middle; the rows of the table hold them whole.
  private static let longestLabel = 80

  private var labels: [String] {
    layers.map(\.name.visible).shortenedApart(to: Self.longestLabel)
  }

  private static func note(_ layer: Layer) -> String {
    layer.reading == .fine ? "" : layer.reading.rawValue
  }

  /// What every layer alone does to the network's output, which it is judged by; nil where nothing is
  /// known.
  var effects: Markup? {
    let known = layers.compactMap(\.effectDecibels)
    guard !known.isEmpty else { return nil }
    let rows = zip(labels, layers).map { label, layer in
      BarChart.Row(
        label: label, note: Self.note(layer), tone: layer.reading.tone,
        values: [layer.effectDecibels], texts: [layer.effectDecibels.decibelText.withMinusSign])
    }
    var chart = BarChart(
      title: "Effect on the network's output, dB",
      summary:
        "How much stronger the network's output is than the error in it when this layer alone computes with integers and all others in float. Longer is better; 10 dB are a factor of ten. Layers are judged by this.",
      series: [BarChart.Series("effect of the layer", .bar, .first)],
      scale: AxisScale.linear(known + [Reading.suspectDecibels * 1.5], limit: 60),
      valueTitles: ["effect"], rows: rows)
    chart.zones = [
      ChartZone(from: 0, to: Reading.brokenDecibels, name: "broken", tone: .severe),
      ChartZone(
        from: Reading.brokenDecibels, to: Reading.suspectDecibels, name: "suspect", tone: .caution),
    ]
    return chart.markup
  }

  /// Signal to noise of every layer's own output, alone and in the network; nil where none is known.
  /// Nothing is judged by it, so that it has neither zones nor colours.
  var noise: Markup? {
    let known = layers.flatMap { [$0.isolatedDecibels, $0.accumulatedDecibels] }.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    let rows = zip(labels, layers).map { label, layer in
      BarChart.Row(
        label: label, note: layer.isFloat ? "float" : "", tone: layer.isFloat ? .muted : .plain,
        values: [layer.isolatedDecibels, layer.accumulatedDecibels],
        texts: [
          layer.isolatedDecibels.decibelText.withMinusSign,
          layer.accumulatedDecibels.decibelText.withMinusSign,
        ])
    }
    return BarChart(
      title: "Noise in each layer's own output, dB",
      summary:
        "How much stronger what leaves a layer is than the error in it. Alone: with exact inputs, the layer's own error. In the network: with the errors of all layers before it. A layer that is noisy here does no harm where its effect above is high.",
      series: [
        BarChart.Series("alone", .bar, .first), BarChart.Series("in the network", .dot, .second),
      ],
      scale: .linear(known, limit: 60), valueTitles: ["alone", "network"], rows: rows
    ).markup
  }

  /// What occurred in every layer and what its integers reach.
  var ranges: Markup? {
    guard !layers.isEmpty else { return nil }
    let rows = zip(labels, layers).map { label, layer in
      RangeChart.Row(
        label: label, note: layer.isFloat ? "float" : "", tone: layer.isFloat ? .muted : .plain,
        observed: layer.observed, available: layer.reach,
        texts: [layer.isFloat ? "–" : layer.clippedShare.percentText])
    }
    return RangeChart(
      title: "Ranges",
      summary:
        "The numbers that left each layer on the calibration pictures, over those that its integers reach. The axis is straight around zero and logarithmic farther out. What lies beyond the integers is clipped; room that nothing uses makes the steps coarser than they need be.",
      names: (
        observed: "observed", available: "reach of the integers", beyond: "observed, but clipped"
      ),
      valueTitles: ["clipped"], rows: rows
    ).markup
  }

  /// Time of every layer that was measured, in float and in integers; nil where none was.
  var times: Markup? {
    let measured = zip(labels, layers).filter {
      $0.1.floatMicroseconds != nil || $0.1.integerMicroseconds != nil
    }
    guard !measured.isEmpty else { return nil }
    let values = measured.flatMap { [$0.1.floatMicroseconds, $0.1.integerMicroseconds] }
    let rows = measured.map { label, layer in
      let isSlower = (layer.integerMicroseconds ?? 0) > (layer.floatMicroseconds ?? .infinity)
      let ratio = layer.floatMicroseconds.flatMap { float in
        layer.integerMicroseconds.flatMap { QuantizationReport.ratio(float, $0) }
      }
      return BarChart.Row(
        label: label, note: isSlower ? "slower" : "", tone: isSlower ? .caution : .plain,
        values: [layer.floatMicroseconds, layer.integerMicroseconds],
        texts: [
          layer.floatMicroseconds.text(1), layer.integerMicroseconds.text(1),
          ratio.map { "\($0.roundedText(2))×" } ?? "–",
        ])
    }
    let absent = layers.count - measured.count
    let remark =
      absent == 0
      ? "" : " \(QuantizationReport.count(absent, "layer")) without a time of its own left out."
    return BarChart(
      title: "Time, µs",
      summary: "Median time of each layer on one thread, float above int8.\(remark)",
      series: [
        BarChart.Series("float", .bar, .second), BarChart.Series("int8", .bar, .first),
      ],
      scale: .linear(values.compactMap { $0 }), valueTitles: ["float", "int8", "ratio"], rows: rows
    ).markup
  }
}
