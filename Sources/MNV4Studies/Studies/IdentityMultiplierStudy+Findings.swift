import MNV4Charts
import MNV4Core

extension IdentityMultiplierStudy {
  /// Whether α below 1 is faster, by how much, and what it follows from; how much ten pictures tell; and
  /// what it costs.
  var findings: [String] {
    settings.map(latencyFinding) + [tenFinding]
      + [accuracyFinding, noise.finding].compactMap(\.self)
  }

  private var multipliers: [String] { Self.rows.map(\.multiplier) }

  /// The answer, and the differences that it is drawn from.
  private func latencyFinding(_ setting: Setting) -> String {
    let indices = Self.rows.indices.dropFirst()
    let verdicts = indices.map(setting.latency.verdict)
    let faster = verdicts.count { $0 == .faster }
    let slower = verdicts.count { $0 == .slower }
    let answer =
      if faster == verdicts.count {
        "α below 1 is faster"
      } else if slower == verdicts.count {
        "α below 1 is slower"
      } else if faster + slower == 0 {
        "α below 1 makes no difference that was seen"
      } else {
        "α below 1 is not the same at every α"
      }
    let details = indices.map { "\(multipliers[$0]): \(setting.latency.difference($0))" }
    return "\(setting.title): \(answer) (α = \(details.joined(separator: "; α = "))). "
      + reason(setting)
  }

  /// What the smallest α saves, and how its additions are done.
  private func reason(_ setting: Setting) -> String {
    guard let whole = setting.facts.first, let part = setting.facts.last else { return "" }
    let saved = whole.movedByteCount - part.movedByteCount
    let share = Double(saved) / Double(max(whole.movedByteCount, 1))
    let separate = whole.additions.separateCount
    let additions =
      if whole.additions.count == 0 {
        "There are no additions"
      } else if separate == 0 {
        "All \(whole.additions.count) additions are done by the layers before them, with no step of "
          + "their own"
      } else if separate == whole.additions.count {
        "All \(separate) additions are steps of their own"
      } else {
        "\(separate) of \(whole.additions.count) additions are steps of their own, the others are "
          + "done by the layers before them"
      }
    let arena =
      whole.arenaByteCount == part.arenaByteCount
      ? "the arena is the same, \(whole.arenaByteCount.byteText), as a block's input has to be kept "
        + "whatever part of it is added"
      : "the arena takes \(part.arenaByteCount.byteText) in place of "
        + whole.arenaByteCount.byteText
    let times = zip(multipliers, setting.additionTimes).compactMap { multiplier, time in
      time.map { "\($0.roundedText(1)) µs at \(multiplier)" }
    }
    let measured =
      times.isEmpty ? "" : " Those steps take \(times.joined(separator: ", ")), all together."
    let elements = whole.additions.elementCount - part.additions.elementCount
    return "\(additions): from α = 1 to \(multipliers.last ?? "") \(elements.groupedText) of "
      + "\(whole.additions.elementCount.groupedText) sums beside "
      + "\(whole.multiplyAccumulateCount.groupedText) multiply-accumulates fall away, and "
      + "\(saved.byteText) of \(whole.movedByteCount.byteText) moved (\(share.percentText)); \(arena).\(measured)"
  }

  private var tenFinding: String {
    var wins = 0
    var total = 0
    var spread = 0.0
    for setting in settings {
      for (index, ten) in setting.ten.enumerated() {
        if index > 0 {
          wins += ten.winCount(over: setting.ten[0])
          total += ten.means.count
        }
        let means = ten.means
        if let low = means.min(), let high = means.max(), low > 0 {
          spread = max(spread, high / low)
        }
      }
    }
    return
      "Ten pictures, as the paper measured: a multiplier below 1 comes out faster than α = 1 in "
      + "\(wins) of \(total) such measurements (half would be chance), and two such means of the same "
      + "network differ by up to a factor of \(spread.roundedText(2)). The paper's largest difference "
      + "is a factor of "
      + "\((Self.rows[0].milliseconds / (Self.rows.last?.milliseconds ?? 1)).roundedText(2))."
  }

  private var accuracyFinding: String? {
    var parts: [String] = []
    for (index, row) in Self.rows.enumerated().dropFirst() {
      for type in NumberType.allCases {
        guard
          let difference = accuracy.difference(
            (small[index].name, type), (small[0].name, type))?.percent
        else { continue }
        let verdict =
          difference.covers(0) ? "no difference seen" : difference.value > 0 ? "better" : "worse"
        parts.append(
          "α = \(row.multiplier), \(type.rawValue) \(Self.points(difference)) (\(verdict))")
      }
    }
    guard !parts.isEmpty else { return nil }
    return "Accuracy of MobileNeXt-0.5 on \(accuracy.pictureCount.groupedText) test pictures of "
      + "CIFAR-10 against α = 1: \(parts.joined(separator: "; ")). Networks trained once each: "
      + "another seed may move them by as much."
  }

  /// `+0.31 points [−0.20, +0.82]`
  static func points(_ difference: Estimate) -> String {
    func text(_ number: Double) -> String {
      "\(number < 0 ? "−" : "+")\(abs(number).roundedText(2))"
    }
    return "\(text(difference.value)) points [\(text(difference.low)), \(text(difference.high))]"
  }

  // MARK: Charts

  var charts: [Markup] {
    var rows: [IntervalChart.Row] = []
    for setting in settings {
      for (index, row) in Self.rows.enumerated().dropFirst() {
        let ratio = setting.latency.ratios[index]
        let paper = 100 * (row.milliseconds / Self.rows[0].milliseconds - 1)
        rows.append(
          IntervalChart.Row(
            label: "\(setting.title), α = \(row.multiplier)",
            value: 100 * (ratio.value - 1), low: 100 * (ratio.low - 1),
            high: 100 * (ratio.high - 1), mark: paper,
            texts: [LatencyGroup.signed(ratio.value - 1), LatencyGroup.signed(paper / 100)]))
      }
      if let control = setting.latency.control {
        rows.append(
          IntervalChart.Row(
            label: "\(setting.title), control", value: 100 * (control.value - 1),
            low: 100 * (control.low - 1), high: 100 * (control.high - 1), mark: nil,
            texts: [LatencyGroup.signed(control.value - 1), "–"]))
      }
    }
    let differences = IntervalChart(
      title: "Time against α = 1, %",
      summary:
        "To the left of zero is faster. The line is the 95 % interval of the ratio round by round; the control is a second copy of the network with α = 1.",
      valueName: "here", markName: "the paper", valueTitles: ["here", "paper"], rows: rows)
    let bars = settings.flatMap { setting in
      Self.rows.enumerated().map { index, row in
        let median = setting.latency.medians[index]
        return BarChart.Row(
          label: "\(setting.title), α = \(row.multiplier)", values: [median.value],
          texts: [median.value.roundedText(3)], intervals: [median.low...median.high])
      }
    }
    let latency = BarChart(
      title: "Latency, ms", summary: "Medians with their 95 % intervals.",
      series: [.init("median", .bar, .first)],
      scale: .linear(settings.flatMap { $0.latency.medians.map(\.high) }), valueTitles: ["ms"],
      rows: bars)
    return [differences.markup, accuracyChart, latency.markup, noise.chart].compactMap(\.self)
  }

  /// Of MobileNeXt-0.5 on small pictures; nil where no accuracy is known.
  private var accuracyChart: Markup? {
    let entries = Self.rows.enumerated().map { index, row in
      var times: [NumberType: Estimate] = [:]
      var shares: [NumberType: Double] = [:]
      for setting in settings where setting.networks[index].name == small[index].name {
        times[setting.type] = setting.latency.medians[index]
        shares[setting.type] = accuracy.share(small[index].name, setting.type)?.percent.value
      }
      return SharedCharts.Entry(
        title: "α = \(row.multiplier)", latency: times, accuracy: shares)
    }
    return SharedCharts.accuracyAgainstLatency(
      entries, title: "Accuracy against latency, MobileNeXt-0.5, 32 × 32",
      summary: "Test pictures of CIFAR-10, medians of one picture at a time.",
      accuracyTitle: "accuracy, %")
  }
}
