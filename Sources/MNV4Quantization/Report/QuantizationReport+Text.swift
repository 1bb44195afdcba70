import MNV4Charts
import MNV4Core

extension QuantizationReport {
  /// The report for a terminal: what was done, a row a layer with a bar for its effect on the output, then
  /// what to act on and the sum of it.
  ///
  /// Columns are left out from the least important on until the table is at most `width` characters
  /// wide; names of layers are whole, or shortened in the middle where no other reads the same.
  /// Characters that a terminal would act on are spelled out.
  public func text(width: Int = 120) -> [String] {
    let width = max(width, 40)
    var lines = ["\(title.visible): int8 quantization", ""]
    lines += facts(width)
    lines += warningLines(width)
    if !layers.isEmpty { lines += [""] + TextLayerTable(self, width: width).lines }
    lines += attentionLines(width) + keptLines + equalizedLines
    lines += warningLines(width)
    return lines + [""] + results.flatMap { aligned($0.name, $0.value, width) }
  }

  private func facts(_ width: Int) -> [String] {
    var facts = method.settings.map { (name: $0.name.visible, value: $0.value.visible) }
    let pictures = calibrationCount == 1 ? "picture" : "pictures"
    facts.append((name: "calibrated on", value: "\(calibrationCount.groupedText) \(pictures)"))
    return (facts + results).flatMap { aligned($0.name, $0.value, width) }
  }

  private func aligned(_ name: String, _ value: String, _ width: Int) -> [String] {
    let column = 18
    let title = name.count < column - 1 ? name : name.middleShortened(to: column - 2)
    let space = String(repeating: " ", count: column)
    let lines = value.wrapped(to: max(width - column, 20))
    return (lines.isEmpty ? [""] : lines).enumerated().map { index, line in
      index == 0 ? title + space.dropFirst(title.count) + line : space + line
    }
  }

  /// The numbers that sum up the network.
  private var results: [(name: String, value: String)] {
    var results: [(name: String, value: String)] = []
    let sizes = "\(floatByteCount.byteText) → \(integerByteCount.byteText)"
    results.append(("size", [sizes, sizeRatioText].compactMap(\.self).joined(separator: ", ")))
    if let latency {
      let times = "\(latency.float.roundedText(2)) ms → \(latency.integer.roundedText(2)) ms"
      let texts = [times, latencyRatioText, "one thread", processor?.visible]
      results.append(("latency", texts.compactMap(\.self).joined(separator: ", ")))
    } else {
      results.append(("latency", "not measured"))
    }
    if let accuracy {
      let shares = [accuracy.floatCorrect, accuracy.integerCorrect].map(accuracy.shareText)
      results.append(
        (
          "accuracy",
          "\(shares[0]) → \(shares[1]), \(accuracy.differenceText) "
            + "(\(accuracy.floatCorrect.groupedText) and \(accuracy.integerCorrect.groupedText) "
            + "of \(accuracy.pictureCount.groupedText) pictures right)"
        ))
      results.append(
        (
          "agreement",
          "\(accuracy.shareText(accuracy.agreementCount)) of the pictures in the same class"
        ))
    } else {
      results.append(("accuracy", "not measured"))
    }
    let output = outputDecibels.decibelText
    let isNumber = outputDecibels?.isFinite ?? false
    let texts = [
      isNumber ? "\(output) dB signal to noise" : "signal to noise: \(output)", outputReadingText,
    ]
    results.append(("output", texts.compactMap(\.self).joined(separator: ", ")))
    results.append(("layers", readingText))
    return results
  }

  private func warningLines(_ width: Int) -> [String] {
    guard !warnings.isEmpty else { return [] }
    return [""]
      + warnings.flatMap { warning in
        let lines = "warning: \(warning.visible)".wrapped(to: width - 2)
        return lines.enumerated().map { index, line in index == 0 ? line : "  \(line)" }
      }
  }

  /// Every layer that reads as suspect or broken, by its whole name, the worst effect first.
  private func attentionLines(_ width: Int) -> [String] {
    var lines: [String] = []
    for (reading, title) in [
      (Reading.broken, "broken: alone puts the network's output \(Reading.brokenText)"),
      (.suspect, "suspect: alone puts the network's output \(Reading.suspectText)"),
    ] {
      let found = layersToActOn.map { layers[$0] }.filter { $0.reading == reading }
      guard !found.isEmpty else { continue }
      lines += ["", title]
      for layer in found {
        lines.append(
          "  \(layer.name.visible)  effect \(layer.effectDecibels.noiseText), "
            + "alone \(layer.isolatedDecibels.noiseText)")
      }
    }
    guard let advice = ReportAdvice(self).text else { return lines }
    return lines + [""] + advice.wrapped(to: width)
  }

  private var keptLines: [String] {
    guard !keptLayers.isEmpty else { return [] }
    var table = TextTable([
      ("kept in float", .leading), ("costs", .trailing),
    ])
    for layer in keptLayers {
      table.append([
        layer.name.visible, layer.addedMilliseconds.map { "+\($0.roundedText(3)) ms" } ?? "–",
      ])
    }
    return [""] + table.lines
  }

  private var equalizedLines: [String] {
    guard !equalizedPairs.isEmpty else { return [] }
    var table = TextTable([
      ("equalized", .leading), ("with", .leading), ("largest factor", .trailing),
    ])
    for pair in equalizedPairs {
      table.append([
        pair.first.visible, pair.second.visible, "\(pair.largestFactor.roundedText(1))×",
      ])
    }
    return [""] + table.lines
  }
}
