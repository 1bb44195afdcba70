import MNV4
import MNV4Charts
import MNV4Core
import MNV4Quantization

/// Which of the paper's conclusions hold here.
extension MobileNeXtStudy {
  var findings: [String] {
    [accuracyFinding].compactMap(\.self) + latencyFindings + quantizationFindings
      + noise.compactMap(\.finding)
  }

  /// “More accurate at every width.”
  private var accuracyFinding: String? {
    let names = small.networks.map(\.name)
    guard
      let difference = accuracy.difference((names[1], .float32), (names[0], .float32))?.percent
    else { return nil }
    let verdict =
      difference.covers(0)
      ? "is not decided by these pictures"
      : difference.value > 0 ? "holds here" : "does not hold here"
    return "“MobileNeXt is more accurate at the same width” (the paper: +2.3 points at 0.5 on "
      + "ImageNet) \(verdict): at half width on \(accuracy.pictureCount.groupedText) test pictures of "
      + "CIFAR-10 \(IdentityMultiplierStudy.points(difference)). Networks trained once each: another "
      + "seed may move them by as much."
  }

  /// “No slower.”
  private var latencyFindings: [String] {
    let paper =
      MobileNeXtPaper.mobileNeXtMilliseconds / MobileNeXtPaper.mobileNetV2Milliseconds - 1
    return NumberType.allCases.map { type in
      let texts = (pairs + [small]).compactMap { pair -> String? in
        guard let latency = pair.latency[type] else { return nil }
        let macs = pair.networks.map { Double($0.float.model.multiplyAccumulateCount) }
        return "\(pair.width) at \(pair.networks[0].inputSize) × \(pair.networks[0].inputSize) "
          + "\(latency.difference(1)) with \(LatencyGroup.signed(macs[1] / macs[0] - 1)) "
          + "multiply-accumulates"
      }
      let slower = pairs.count { $0.latency[type]?.verdict(1) == .slower }
      let verdict =
        slower == 0
        ? "is not contradicted here" : "does not hold here at \(slower) of \(pairs.count) widths"
      return "“MobileNeXt is no slower than MobileNetV2” (the paper: \(LatencyGroup.signed(paper)) "
        + "at 1.0 on a Pixel 4XL) \(verdict) in \(type.rawValue): \(texts.joined(separator: "; "))."
    }
  }

  /// “Loses less in 8-bit integers.”
  private var quantizationFindings: [String] {
    guard let grid else { return [] }
    let plain = grid.rows.filter { $0.choice.rounding == .nearest }
    let differences = plain.map(grid.lossDifference)
    let holds = differences.count { $0.low > 0 }
    let fails = differences.count { $0.high < 0 }
    let paper = MobileNeXtPaper.table4
    var findings = [
      "“MobileNeXt loses less in 8-bit integers” (the paper: \(paper.mobileNeXt.loss.roundedText(2)) "
        + "points against \(paper.mobileNetV2.loss.roundedText(2))) holds for \(holds) of "
        + "\(plain.count) ways of quantization, the opposite for \(fails); for "
        + "\(plain.count - holds - fails) the pictures do not decide."
    ]
    // The paper's way: calibrated by entropy, nothing else done.
    for row in plain
    where row.choice.calibration == .entropy && row.choice.treatmentName == "plain" {
      let losses = [1, 0].map {
        "\(Self.families[$0]) loses \(Self.lossText(grid.loss(row, $0)))"
      }
      let difference = grid.lossDifference(row)
      let more = difference.value >= 0 ? difference : difference.negated
      findings.append(
        "Calibrated by entropy as the paper did, with a scale \(row.choice.scalesName): "
          + "\(losses.joined(separator: ", ")) points; "
          + "\(Self.families[difference.value >= 0 ? 0 : 1]) more by "
          + "\(IdentityMultiplierStudy.points(more)).")
    }
    for index in grid.names.indices {
      guard
        let best = grid.rows.min(by: { grid.loss($0, index).value < grid.loss($1, index).value }),
        let worst = grid.rows.max(by: { grid.loss($0, index).value < grid.loss($1, index).value })
      else { continue }
      findings.append(
        "\(Self.families[index]) loses least with \(best.choice.name) "
          + "(\(Self.lossText(grid.loss(best, index))) points), most with \(worst.choice.name) "
          + "(\(Self.lossText(grid.loss(worst, index)))).")
    }
    return findings
  }

  private static func lossText(_ loss: Estimate) -> String {
    loss.value.roundedText(2).withMinusSign
  }

  // MARK: Charts

  var charts: [Markup] {
    let entries = pairs.flatMap { pair in
      Self.families.enumerated().map { index, family in
        entry("\(family)-\(pair.width)", pair, index, [.float32: pair.figures[index].top1])
      }
    }
    let smallEntries = Self.families.enumerated().map { index, family in
      var shares: [NumberType: Double] = [:]
      for type in NumberType.allCases {
        shares[type] = accuracy.share(small.networks[index].name, type)?.percent.value
      }
      return entry("\(family)-0.5", small, index, shares)
    }
    return [
      frontChart,
      SharedCharts.accuracyAgainstLatency(
        smallEntries, title: "Accuracy against latency on CIFAR-10, 32 × 32",
        summary: "Test pictures, medians of one picture at a time.", accuracyTitle: "accuracy, %"),
      SharedCharts.latencyBars(entries, title: "Latency, ms"), lossChart, noise[0].chart,
      noise[1].chart,
    ].compactMap(\.self)
  }

  private func entry(
    _ title: String, _ pair: Pair, _ index: Int, _ accuracy: [NumberType: Double]
  ) -> SharedCharts.Entry {
    var times: [NumberType: Estimate] = [:]
    for type in NumberType.allCases { times[type] = pair.latency[type]?.medians[index] }
    return SharedCharts.Entry(title: title, latency: times, accuracy: accuracy)
  }

  /// The paper's accuracies over times here, a line a family and type.
  private var frontChart: Markup {
    let series = NumberType.allCases.flatMap { type in
      Self.families.enumerated().map { index, family in
        PlaneChart.Series(
          "\(family), \(type.rawValue)", .line,
          pairs.reversed().compactMap { pair in
            pair.latency[type].map {
              PlaneChart.Point(
                x: $0.medians[index].value, y: pair.figures[index].top1,
                name: "\(family), \(type.rawValue)")
            }
          })
      }
    }
    return PlaneChart(
      title: "The paper's accuracy against latency here",
      summary:
        "Top-1 on ImageNet in float32 as the paper states it, over medians of here at widths 0.35, 0.5, 0.75, 1.0 and 1.4.",
      xTitle: "ms, one picture", yTitle: "top-1 %", series: series
    ).markup
  }

  private var lossChart: Markup? {
    guard let grid else { return nil }
    let rows = grid.rows.map { row in
      let losses = grid.names.indices.map { grid.loss(row, $0) }
      return BarChart.Row(
        label: row.choice.name, values: losses.map { max(0, $0.value) },
        texts: losses.map { $0.value.roundedText(2).withMinusSign })
    }
    return BarChart(
      title: "Points of accuracy lost in 8-bit integers",
      summary:
        "Against float32, on the same test pictures. Bars end at zero where nothing is lost.",
      series: [
        .init(Self.families[0], .bar, .second), .init(Self.families[1], .bar, .first),
      ],
      scale: .linear(
        grid.rows.flatMap { row in grid.names.indices.map { grid.loss(row, $0).value } }),
      valueTitles: ["V2", "NeXt"], rows: rows
    ).markup
  }
}
