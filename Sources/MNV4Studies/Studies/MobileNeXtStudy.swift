import MNV4
import MNV4Charts
import MNV4Core
import MNV4Quantization
import MNV4Zoo

/// Tables 3 and 4 of the MobileNeXt paper: MobileNeXt against MobileNetV2 at five widths, and what
/// quantization leaves of both.
struct MobileNeXtStudy {
  /// MobileNetV2 and MobileNeXt of one width.
  struct Pair {
    let width: String
    /// The paper's figures; MobileNetV2 first, as in all arrays here.
    let figures: [MobileNeXtPaper.Figures]
    let networks: [StudyNetwork]
    let latency: [NumberType: LatencyGroup]
  }

  let options: StudyOptions
  let pairs: [Pair]
  /// At half width on 32 × 32.
  let small: Pair
  let accuracy: AccuracyMeasurement
  let grid: QuantizationGrid?
  let noise: [LayerNoise]
  let remarks: [String]

  static let families = ["MobileNetV2", "MobileNeXt"]

}

extension MobileNeXtStudy {
  init(_ options: StudyOptions, progress: StudyProgress) throws {
    let data = try StudyData(options)
    let source = try NetworkSource(options, data: data, progress: progress)
    let pairs = try MobileNeXtPaper.table3.map { row in
      let networks = try source.large([row.mobileNetV2, row.mobileNeXt])
      return try Self.pair(
        row.width, [row.mobileNetV2Figures, row.mobileNeXtFigures], networks, options, progress)
    }
    let halves = try source.small(["mobilenetv2_050", "mobilenext_050"])
    let small = try Self.pair("0.5", [], halves, options, progress)
    let accuracy = try AccuracyMeasurement(of: halves, on: data, progress: progress)
    let grid = try QuantizationGrid(
      of: halves, choices: options.quantizations, on: data, progress: progress)
    let noise = try [QuantizationOptions.WeightScales.perChannel, .perTensor].map { scales in
      let choice = QuantizationChoice(scales: scales, calibration: .entropy)
      return try LayerNoise(
        of: Array(zip(Self.families, halves)), method: choice.name, options: choice.options,
        on: data, progress: progress)
    }
    let remarks = [
      source.absence(halves),
      data == nil
        ? "Table 4 needs pictures to calibrate on and to classify: --data DIR. Without them there are "
          + "sizes and times alone." : nil,
      "Of Table 3's figures of MobileNetV2, 150 M multiply-accumulates at 0.75 and 6.9 M parameters "
        + "and 690 M at 1.4 are not those of the networks at 224 × 224.",
    ].compactMap(\.self)
    self.init(
      options: options, pairs: pairs, small: small, accuracy: accuracy, grid: grid, noise: noise,
      remarks: remarks)
  }

  private static func pair(
    _ width: String, _ figures: [MobileNeXtPaper.Figures], _ networks: [StudyNetwork],
    _ options: StudyOptions, _ progress: StudyProgress
  ) throws -> Pair {
    var latency: [NumberType: LatencyGroup] = [:]
    for type in NumberType.allCases {
      latency[type] = try LatencyGroup(
        networks.map { $0.form(type).model },
        title:
          "width \(width), \(networks[0].inputSize) × \(networks[0].inputSize), \(type.rawValue)",
        options: options, progress: progress)
    }
    return Pair(width: width, figures: figures, networks: networks, latency: latency)
  }

  func document() throws -> StudyDocument {
    var document = StudyDocument(
      name: Study.mobilenextVersusV2.rawValue, title: "MobileNeXt against MobileNetV2",
      question:
        "The MobileNeXt paper says that its block is more accurate than MobileNetV2's at every width "
        + "(Table 3), and loses less in 8-bit integers (Table 4). Which of that holds here?",
      machine: .current, settings: options.description)
    document.findings = findings
    document.remarks = remarks
    document.tables =
      [try widthTable, smallTable]
      + [
        gridTable, noise[0].table(id: "layers-per-channel"),
        noise[1].table(id: "layers-per-tensor"),
      ]
      .compactMap(\.self)
    document.charts = charts
    return document
  }

  // MARK: Tables

  private var widthTable: StudyTable {
    get throws {
      let side = pairs[0].networks[0].inputSize
      var table = StudyTable(
        id: "table-3", title: "Table 3, and latency at \(side) × \(side)",
        summary:
          "The paper's figures (\(MobileNeXtPaper.source), on ImageNet) beside counts and medians of "
          + "\(options.roundCount) rounds with seeded weights; ratios are to MobileNetV2 of the same "
          + "width, round by round.",
        columns: [
          .text("width", "width"), .text("network", "network"),
          .number("paper_parameters", "paper parameters, M"),
          .number("parameters", "parameters"), .number("paper_macs", "paper MACs, M"),
          .number("macs", "MACs"), .number("paper_top1", "paper top-1 %"),
          .number("float32_ms", "float32, ms"), .number("float32_ratio", "× V2"),
          .number("int8_ms", "int8, ms"), .number("int8_ratio", "× V2"),
        ])
      for pair in pairs {
        for (index, network) in pair.networks.enumerated() {
          let parameters = NetworkFacts.parameterCount(
            try NetworkSource.architecture(network.name), classCount: 1000)
          table.append(
            [
              .text(pair.width), .text(Self.families[index]),
              .number(pair.figures[index].megaparameters, digits: 1), .count(parameters),
              .number(pair.figures[index].megaMACs, digits: 0),
              .count(network.float.model.multiplyAccumulateCount),
              .number(pair.figures[index].top1, digits: 2),
            ] + times(pair, index))
        }
      }
      return table
    }
  }

  private func times(_ pair: Pair, _ index: Int) -> [StudyTable.Cell] {
    NumberType.allCases.flatMap { type -> [StudyTable.Cell] in
      [
        .optional(pair.latency[type]?.medians[index], digits: 3),
        .optional(pair.latency[type]?.ratios[index], digits: 3),
      ]
    }
  }

  private var smallTable: StudyTable {
    let side = small.networks[0].inputSize
    var table = StudyTable(
      id: "small", title: "Half width on CIFAR-10, \(side) × \(side)",
      summary:
        "Accuracy on the test pictures with 95 % intervals, int8 with a scale a channel; medians and "
        + "ratios as above.",
      columns: [
        .text("network", "network"), .number("macs", "MACs"),
        .number("accuracy_float32", "float32 %"), .number("accuracy_int8", "int8 %"),
        .number("float32_ms", "float32, ms"), .number("float32_ratio", "× V2"),
        .number("int8_ms", "int8, ms"), .number("int8_ratio", "× V2"),
      ])
    for (index, network) in small.networks.enumerated() {
      table.append(
        [.text(Self.families[index]), .count(network.float.model.multiplyAccumulateCount)]
          + NumberType.allCases.map {
            .optional(accuracy.share(network.name, $0)?.percent, digits: 2)
          } + times(small, index))
    }
    return table
  }

  private var gridTable: StudyTable? {
    guard let grid else { return nil }
    var table = StudyTable(
      id: "table-4", title: "Table 4: accuracy after quantization",
      summary:
        "Per cent of \(grid.pictureCount.groupedText) test pictures, and points lost against float32 on "
        + "the same pictures with 95 % intervals. The last column is by how much MobileNetV2 loses "
        + "more. The paper (on ImageNet, width 1.0, calibrated by entropy): MobileNetV2 "
        + "\(MobileNeXtPaper.table4.mobileNetV2.float) → \(MobileNeXtPaper.table4.mobileNetV2.integer), "
        + "MobileNeXt \(MobileNeXtPaper.table4.mobileNeXt.float) → "
        + "\(MobileNeXtPaper.table4.mobileNeXt.integer).",
      columns: [
        .text("scales", "a scale"), .text("calibration", "calibration"),
        .text("treatment", "treatment"), .number("v2_accuracy", "V2 %"),
        .number("v2_loss", "V2 loses"), .number("mobilenext_accuracy", "MobileNeXt %"),
        .number("mobilenext_loss", "MobileNeXt loses"),
        .number("difference", "V2 loses more by"),
      ])
    table.append(
      [.text("float32"), .text("–"), .text("–")]
        + grid.names.indices.flatMap { index -> [StudyTable.Cell] in
          [.number(grid.floatShare(index).value, digits: 2), .none]
        } + [.none])
    for row in grid.rows {
      table.append(
        [
          .text(row.choice.scalesName), .text(row.choice.calibrationName),
          .text(row.choice.treatmentName),
        ]
          + grid.names.indices.flatMap { index -> [StudyTable.Cell] in
            let share = Statistics.share(
              row.right[index].count(where: \.self), of: row.right[index].count)
            return [
              .number(share.percent.value, digits: 2),
              .estimate(grid.loss(row, index), digits: 2),
            ]
          } + [.estimate(grid.lossDifference(row), digits: 2)])
    }
    return table
  }
}
