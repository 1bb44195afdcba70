import MNV4
import MNV4Charts
import MNV4Core
import MNV4Zoo

/// Table 5 of the MobileNeXt paper: what one more depthwise convolution a block costs.
struct ExtraDepthwiseStudy {
  let options: StudyOptions
  let networks: [StudyNetwork]
  let latency: [NumberType: LatencyGroup]

  static let rows = MobileNeXtPaper.table5

  init(_ options: StudyOptions, progress: StudyProgress) throws {
    self.options = options
    let source = try NetworkSource(options, data: nil, progress: progress)
    networks = try source.large(Self.rows.map(\.name))
    var latency: [NumberType: LatencyGroup] = [:]
    for type in NumberType.allCases {
      latency[type] = try LatencyGroup(
        networks.map { $0.form(type).model }, hasControl: true,
        title: "timing, \(type.rawValue)", options: options, progress: progress)
    }
    self.latency = latency
  }

  func document() throws -> StudyDocument {
    let side = networks[0].inputSize
    var document = StudyDocument(
      name: Study.extraDepthwise.rawValue, title: "One more depthwise convolution a block",
      question:
        "The MobileNeXt paper's Table 5 adds a depthwise convolution to every block of MobileNetV2, "
        + "beside MobileNeXt, which has two in most blocks. What do they cost here, at \(side) × "
        + "\(side)?",
      machine: .current, settings: options.description)
    document.tables = [try table]
    document.findings = findings
    document.remarks = [
      "No networks of these are trained here: accuracies are the paper's, on ImageNet."
    ]
    document.charts = charts
    return document
  }

  private var table: StudyTable {
    get throws {
      var table = StudyTable(
        id: "table-5", title: "Table 5",
        summary:
          "The paper's figures (\(MobileNeXtPaper.source)) beside counts and medians of "
          + "\(options.roundCount) rounds; ratios are to MobileNetV2, round by round.",
        columns: [
          .text("network", "network"), .number("paper_parameters", "paper parameters, M"),
          .number("parameters", "parameters"), .number("paper_macs", "paper MACs, M"),
          .number("macs", "MACs"), .number("paper_top1", "paper top-1 %"),
          .number("float32_ms", "float32, ms"), .number("float32_ratio", "× MobileNetV2"),
          .number("int8_ms", "int8, ms"), .number("int8_ratio", "× MobileNetV2"),
        ])
      for (index, row) in Self.rows.enumerated() {
        let parameters = NetworkFacts.parameterCount(
          try NetworkSource.architecture(row.name), classCount: 1000)
        var cells: [StudyTable.Cell] = [
          .text(row.title), .number(row.figures.megaparameters, digits: 1), .count(parameters),
          .number(row.figures.megaMACs, digits: 0),
          .count(networks[index].float.model.multiplyAccumulateCount),
          .number(row.figures.top1, digits: 2),
        ]
        for type in NumberType.allCases {
          cells += [
            .optional(latency[type]?.medians[index], digits: 3),
            .optional(latency[type]?.ratios[index], digits: 3),
          ]
        }
        table.append(cells)
      }
      return table
    }
  }

  private var findings: [String] {
    var findings: [String] = []
    let macs = networks.map { Double($0.float.model.multiplyAccumulateCount) }
    for type in NumberType.allCases {
      guard let group = latency[type] else { continue }
      let texts = Self.rows.indices.dropFirst().map { index in
        "\(Self.rows[index].title) \(group.difference(index)) at "
          + "\(LatencyGroup.signed(macs[index] / macs[0] - 1)) multiply-accumulates"
      }
      findings.append("\(type.rawValue), against MobileNetV2: \(texts.joined(separator: "; ")).")
    }
    if let float = latency[.float32], float.verdict(1) == .slower, macs[1] > macs[0] {
      let share = (float.ratios[1].value - 1) / (macs[1] / macs[0] - 1)
      findings.append(
        "In float32 a multiply-accumulate of the added depthwise convolutions takes "
          + "\(share.roundedText(1)) times as long as one of MobileNetV2 on the average: depthwise "
          + "convolutions move more than they compute. The paper's gain for it is "
          + "\((Self.rows[1].figures.top1 - Self.rows[0].figures.top1).roundedText(2)) points.")
    }
    return findings
  }

  private var charts: [Markup] {
    let entries = Self.rows.enumerated().map { index, row in
      var times: [NumberType: Estimate] = [:]
      for type in NumberType.allCases { times[type] = latency[type]?.medians[index] }
      return SharedCharts.Entry(
        title: row.title, latency: times,
        accuracy: [.float32: row.figures.top1])
    }
    return [
      SharedCharts.accuracyAgainstLatency(
        entries, title: "The paper's accuracy against latency here",
        summary: "Top-1 on ImageNet as the paper states it, over the median in float32.",
        accuracyTitle: "top-1 %"),
      SharedCharts.latencyBars(entries, title: "Latency, ms"),
    ].compactMap(\.self)
  }
}
