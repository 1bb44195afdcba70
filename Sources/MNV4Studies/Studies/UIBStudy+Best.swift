import MNV4
import MNV4Charts
import MNV4Core

/// Which variant is best on which device, and for which time.
extension UIBStudy {
  /// The accuracies by which variants are chosen, per cent; nil where not all are known.
  func accuracies(_ group: Group, _ type: NumberType) -> [Double?] {
    group.variants.map { accuracy.share($0.network.name, type)?.percent.value }
  }

  /// The variants whose accuracy in 8-bit integers is known.
  private var judgedNames: [String] {
    zip(small.variants, accuracies(small, .int8)).filter { $0.1 != nil }.map(\.0.shortTitle)
  }

  private func costs(_ group: Group, _ device: RidgePoints.Device) -> [Double] {
    group.variants.map { RidgePoints.cost($0.network.float.model, at: device) }
  }

  func rooflineTable(_ group: Group) -> StudyTable {
    let isJudged = group.id == small.id && judgedNames.count > 1
    var table = StudyTable(
      id: "roofline-\(group.id)", title: "Roofline cost in 8-bit integers: \(group.title)",
      summary:
        "Millions of multiply-accumulates: the sum over layers of max(MACs, ridge point × bytes). "
        + (isJudged
          ? "Not beaten: variants that no other equals in accuracy at a lower cost, the cheapest first."
          : "Accuracy is not known here, so that costs alone are compared."),
      columns: [
        .number("ridge_point", "MACs/byte"), .text("device", "device"),
      ]
        + group.variants.enumerated().map { index, variant in
          .number("cost_\(index + 1)", variant.shortTitle, variant.title)
        } + [.text("cheapest", "cheapest")] + (isJudged ? [.text("front", "not beaten")] : []))
    for device in RidgePoints.all {
      let costs = costs(group, device)
      let cheapest = costs.indices.min { costs[$0] < costs[$1] } ?? 0
      table.append(
        [.number(device.ridgePoint, digits: 1), .text(device.name)]
          + costs.map { .number($0, digits: 1) } + [.text(group.variants[cheapest].shortTitle)]
          + (isJudged ? [.text(front(group, device).joined(separator: ", "))] : []))
    }
    return table
  }

  /// The variants that no other beats in accuracy and cost.
  private func front(_ group: Group, _ device: RidgePoints.Device) -> [String] {
    let accuracies = accuracies(group, .int8).map { $0 ?? .nan }
    return ParetoFront.indices(costs: costs(group, device), gains: accuracies)
      .map { group.variants[$0].shortTitle }
  }

  /// What to take for a time; nil where no accuracy is known.
  var budgetTable: StudyTable? {
    var table = StudyTable(
      id: "budget", title: "The best variant for a time",
      summary:
        "From each time on, the most accurate variant that takes no longer: half width, 32 × 32, the "
        + "medians and accuracies of the first table.",
      columns: [
        .text("type", "type"), .number("from_ms", "from ms"), .text("network", "network"),
        .number("accuracy", "%"),
      ])
    for type in NumberType.allCases {
      for index in front(type) {
        table.append([
          .text(type.rawValue), .optional(small.latency[type]?.medians[index].value, digits: 3),
          .text(small.variants[index].title),
          .optional(accuracies(small, type)[index], digits: 2),
        ])
      }
    }
    return table.rows.isEmpty ? nil : table
  }

  /// By median time.
  func front(_ type: NumberType) -> [Int] {
    guard let group = small.latency[type] else { return [] }
    return ParetoFront.indices(
      costs: group.medians.map(\.value), gains: accuracies(small, type).map { $0 ?? .nan })
  }

  // MARK: Findings

  var findings: [String] {
    paperFindings + latencyFindings + rooflineFindings + [noise.finding].compactMap(\.self)
  }

  /// The manuscript's conclusions, where both networks of one are trained here.
  private var paperFindings: [String] {
    func judge(_ claim: String, _ other: String) -> String? {
      guard let paper = UIBPaper.difference(Self.referenceName, other),
        let here = accuracy.difference(
          ("\(Self.referenceName)_050", .float32), ("\(other)_050", .float32))?.percent
      else { return nil }
      let verdict =
        here.covers(0)
        ? "no difference seen here"
        : here.value > 0 ? "Small is more accurate here, too" : "Small is less accurate here"
      let points = "\(paper < 0 ? "−" : "+")\(abs(paper).roundedText(2)) points"
      return "“\(claim)” (the manuscript: \(points) for Small): \(verdict), "
        + "\(IdentityMultiplierStudy.points(here)) in float32"
        + (here.covers(paper) ? "." : "; the manuscript's figure is outside of that interval.")
    }
    return [
      judge("MobileNetV4-Small is more accurate than MobileNetV3-Small", "mobilenetv3_small"),
      judge("Small is more accurate than Medium", "mobilenetv4_conv_medium"),
      judge("Small is more accurate than Large", "mobilenetv4_conv_large"),
      judge(
        "Both depthwise convolutions everywhere cost accuracy", "mobilenetv4_conv_small_extradw"),
      judge("ConvNeXt-like blocks cost little accuracy", "mobilenetv4_conv_small_convnext"),
    ].compactMap(\.self)
  }

  private var latencyFindings: [String] {
    [small, large].flatMap { group in
      NumberType.allCases.compactMap { type in
        guard let latency = group.latency[type] else { return nil }
        let texts = group.variants.indices.dropFirst().map {
          "\(group.variants[$0].shortTitle) \(latency.difference($0))"
        }
        return "\(group.title), \(type.rawValue), against MobileNetV4-Small: "
          + "\(texts.joined(separator: "; "))."
      }
    }
  }

  private var rooflineFindings: [String] {
    [small, large].map { group in
      var stretches: [(winner: String, from: Double, to: Double)] = []
      for device in RidgePoints.all {
        let costs = costs(group, device)
        guard let index = costs.indices.min(by: { costs[$0] < costs[$1] }) else { continue }
        let winner = group.variants[index].shortTitle
        if let last = stretches.last, last.winner == winner {
          stretches[stretches.count - 1].to = device.ridgePoint
        } else {
          stretches.append((winner, device.ridgePoint, device.ridgePoint))
        }
      }
      let texts = stretches.map { stretch in
        stretch.from == stretch.to
          ? "\(stretch.winner) at \(stretch.from.significantText(4))"
          : "\(stretch.winner) from \(stretch.from.significantText(4)) to "
            + stretch.to.significantText(4)
      }
      return "Cheapest by the roofline model, \(group.title), by ridge point: "
        + "\(texts.joined(separator: ", "))."
    } + frontFinding
  }

  /// Which variants are never, or always, among those not beaten.
  private var frontFinding: [String] {
    let names = judgedNames
    guard names.count > 1 else { return [] }
    let fronts = RidgePoints.all.map { Set(front(small, $0)) }
    let always = names.filter { name in fronts.allSatisfy { $0.contains(name) } }
    let never = names.filter { name in fronts.allSatisfy { !$0.contains(name) } }
    func list(_ names: [String]) -> String {
      names.isEmpty ? "none" : names.joined(separator: ", ")
    }
    return [
      "By int8 accuracy and roofline cost together, not beaten at any ridge point: \(list(always)); "
        + "beaten at every one: \(list(never))."
    ]
  }

  // MARK: Charts

  var charts: [Markup] {
    let smallEntries = entries(small)
    return [
      SharedCharts.accuracyAgainstLatency(
        smallEntries, title: "Accuracy against latency, 32 × 32",
        summary: "Test pictures of CIFAR-10, medians of one picture at a time.",
        accuracyTitle: "accuracy, %"),
      SharedCharts.latencyBars(smallEntries, title: "Latency, ms: \(small.title)"),
      SharedCharts.latencyBars(entries(large), title: "Latency, ms: \(large.title)"),
      rooflineChart(small), rooflineChart(large), noise.chart,
    ].compactMap(\.self)
  }

  private func entries(_ group: Group) -> [SharedCharts.Entry] {
    group.variants.enumerated().map { index, variant in
      var times: [NumberType: Estimate] = [:]
      var shares: [NumberType: Double] = [:]
      for type in NumberType.allCases {
        times[type] = group.latency[type]?.medians[index]
        if group.id == small.id { shares[type] = accuracies(group, type)[index] }
      }
      return SharedCharts.Entry(title: variant.shortTitle, latency: times, accuracy: shares)
    }
  }

  private func rooflineChart(_ group: Group) -> Markup {
    let references = RidgePoints.all.map {
      RidgePoints.cost(group.variants[0].network.float.model, at: $0)
    }
    let series = group.variants.map { variant in
      PlaneChart.Series(
        variant.shortTitle, .line,
        zip(RidgePoints.all, references).map { device, reference in
          PlaneChart.Point(
            x: device.ridgePoint,
            y: RidgePoints.cost(variant.network.float.model, at: device) / max(reference, 1e-9),
            name: variant.shortTitle)
        })
    }
    var chart = PlaneChart(
      title: "Roofline cost against MobileNetV4-Small: \(group.title)",
      summary: "Lower is cheaper. To the left computing is dear, to the right moving bytes.",
      xTitle: "ridge point, MACs/byte", yTitle: "times MobileNetV4-Small", series: series)
    chart.yIncludesZero = true
    chart.xIsLogarithmic = true
    return chart.markup
  }
}

extension UIBStudy.Variant {
  /// For columns and charts.
  var shortTitle: String {
    title == "MobileNetV3-Small (baseline)"
      ? "V3-Small"
      : title.hasPrefix("MobileNetV4-")
        ? String(title.dropFirst("MobileNetV4-".count)) : title
  }
}
