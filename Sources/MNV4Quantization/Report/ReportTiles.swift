import MNV4Charts
import MNV4Core

/// The numbers that sum up a network, float and integers side by side.
struct ReportTiles {
  private let report: QuantizationReport

  init(_ report: QuantizationReport) { self.report = report }

  var markup: Markup {
    .tag(
      "section", ["class": "tiles", "aria-label": "Summary"],
      [size, latency, accuracy, agreement, output, readings])
  }

  private func tile(_ name: String, _ value: String?, _ tone: Tone = .plain, _ rest: [Markup] = [])
    -> Markup
  {
    let style = value == nil ? "value none" : tone == .plain ? "value" : "value \(tone)"
    return .tag(
      "div", ["class": "tile"],
      [
        .tag("p", ["class": "name"], ["\(name)"]),
        .tag("p", ["class": style], ["\(value ?? "not measured")"]),
      ] + rest)
  }

  private func detail(_ text: String) -> Markup { .tag("p", ["class": "detail"], ["\(text)"]) }

  /// Two bars in proportion, with their numbers.
  private func pair(_ float: Double, _ integer: Double, _ text: (Double) -> String) -> Markup {
    let scale = AxisScale.linear([float, integer])
    func bar(_ value: Double, _ ink: BarChart.Ink) -> Markup {
      // To the larger of the two, not to a round number.
      let whole = scale.fraction(max(float, integer)) ?? 1
      let share = (scale.fraction(value) ?? 0) / (whole > 0 ? whole : 1)
      return .tag(
        "svg", ["aria-hidden": "true"],
        [
          .tag(
            "rect",
            [
              "class": "bar \(ink)", "width": "\((100 * share).roundedText(1))%",
              "height": "100%", "rx": "1.5",
            ])
        ])
    }
    return .tag(
      "div", ["class": "pair"],
      [
        .tag("span", ["float"]), bar(float, .second),
        .tag("span", ["class": "number"], ["\(text(float))"]),
        .tag("span", ["int8"]), bar(integer, .first),
        .tag("span", ["class": "number"], ["\(text(integer))"]),
      ])
  }

  private var size: Markup {
    let bars = pair(Double(report.floatByteCount), Double(report.integerByteCount)) {
      Int(exactly: $0)?.byteText ?? "–"
    }
    let isLarger = (report.sizeRatio ?? 1) < 1
    return tile("File size", report.sizeRatioText ?? "–", isLarger ? .caution : .plain, [bars])
  }

  private var latency: Markup {
    guard let latency = report.latency else { return tile("Latency, one thread", nil) }
    let bars = pair(latency.float, latency.integer) { "\($0.roundedText(2)) ms" }
    let isSlower = latency.integer > latency.float
    return tile(
      "Latency, one thread", report.latencyRatioText ?? "–", isSlower ? .caution : .plain, [bars])
  }

  private var accuracy: Markup {
    guard let accuracy = report.accuracy, accuracy.pictureCount > 0 else {
      return tile("Accuracy, top-1", nil)
    }
    let bars = pair(
      Double(accuracy.floatCorrect), Double(accuracy.integerCorrect)
    ) { accuracy.shareText(Int(exactly: $0) ?? 0) }
    return tile(
      "Accuracy, top-1", accuracy.differenceText.withMinusSign, .plain,
      [bars, detail("\(accuracy.pictureCount.groupedText) labelled pictures")])
  }

  private var agreement: Markup {
    guard let accuracy = report.accuracy, accuracy.pictureCount > 0 else {
      return tile("Same class as float", nil)
    }
    return tile(
      "Same class as float", accuracy.shareText(accuracy.agreementCount), .plain,
      [
        detail(
          "\(accuracy.agreementCount.groupedText) of \(accuracy.pictureCount.groupedText) "
            + "labelled pictures")
      ])
  }

  private var output: Markup {
    let details = [report.outputReadingText, "on the calibration pictures, against float"]
    return tile(
      "Output signal to noise",
      report.outputDecibels.map { Optional($0).noiseText.withMinusSign },
      report.outputReading.tone, details.compactMap(\.self).map(detail))
  }

  private var readings: Markup {
    let broken = report.layers(.broken).count
    let suspect = report.layers(.suspect).count
    let value =
      broken > 0
      ? "\(broken.groupedText) broken"
      : suspect > 0 ? "\(suspect.groupedText) suspect" : "none to look at"
    let tone: Tone = broken > 0 ? .severe : suspect > 0 ? .caution : .plain
    return tile(
      "\(QuantizationReport.count(report.layers.count, "layer"))", value, tone,
      [detail(report.readingText)])
  }
}
