import MNV4
import MNV4Core
import MNV4Zoo

/// Table 7 of the MobileNeXt paper: what it saves to add the identity to a part of the channels.
struct IdentityMultiplierStudy {
  /// A size and a type in which the multipliers are compared.
  struct Setting {
    let title: String
    let type: NumberType
    let networks: [StudyNetwork]
    let facts: [NetworkFacts]
    let latency: LatencyGroup
    let ten: [TenPictures]
    /// Microseconds of the additions that are steps of their own; nil where none is.
    let additionTimes: [Double?]
  }

  let options: StudyOptions
  let settings: [Setting]
  let small: [StudyNetwork]
  let accuracy: AccuracyMeasurement
  let noise: LayerNoise
  let remarks: [String]

  static let rows = MobileNeXtPaper.table7

  init(_ options: StudyOptions, progress: StudyProgress) throws {
    self.options = options
    let data = try StudyData(options)
    let source = try NetworkSource(options, data: data, progress: progress)
    small = try source.small(Self.rows.map { "mobilenext_050\($0.suffix)" })
    let large = try source.large(Self.rows.map { "mobilenext_100\($0.suffix)" })
    var settings: [Setting] = []
    for (width, networks) in [("1.0", large), ("0.5", small)] {
      for type in NumberType.allCases {
        let side = networks[0].inputSize
        settings.append(
          try Self.measure(
            networks, type, title: "MobileNeXt-\(width), \(side) × \(side), \(type.rawValue)",
            options, progress))
      }
    }
    self.settings = settings
    accuracy = try AccuracyMeasurement(of: small, on: data, progress: progress)
    noise = try LayerNoise(
      of: zip(Self.rows, small).map { ("α = \($0.multiplier)", $1) }, method: "a scale a channel",
      on: data, progress: progress)
    remarks = [
      source.absence(small),
      data == nil ? "Accuracy needs the test pictures: --data DIR." : nil,
    ].compactMap(\.self)
  }

  private static func measure(
    _ networks: [StudyNetwork], _ type: NumberType, title: String, _ options: StudyOptions,
    _ progress: StudyProgress
  ) throws -> Setting {
    let models = networks.map { $0.form(type).model }
    let latency = try LatencyGroup(
      models, hasControl: true, title: title, options: options, progress: progress)
    progress.begin("\(title), ten pictures", models.count * options.repetitionCount)
    let ten = try TenPictures.measure(
      models, options: options.session, repetitionCount: options.repetitionCount,
      advance: progress.advance)
    return Setting(
      title: title, type: type, networks: networks,
      facts: try models.map { try NetworkFacts($0, type, options: options.session) },
      latency: latency, ten: ten,
      additionTimes: try AdditionTime.measure(
        models, options: options.session, roundCount: options.roundCount))
  }

  // MARK: The document

  func document() throws -> StudyDocument {
    var document = StudyDocument(
      name: Study.identityMultiplier.rawValue, title: "The identity multiplier of MobileNeXt",
      question:
        "Each sandglass block adds its input to its output. With an identity multiplier α below 1 only "
        + "the first part of the channels gets it. The paper's Table 7 says that this saves time and "
        + "costs little accuracy. Does it here?",
      machine: .current, settings: options.description)
    document.findings = findings
    document.remarks = remarks
    document.tables =
      [try summary(), latencyTable, tenTable] + [noise.table(id: "layers")].compactMap(\.self)
    document.charts = charts
    return document
  }

  private func summary() throws -> StudyTable {
    var table = StudyTable(
      id: "table-7", title: "Table 7",
      summary:
        "The paper's figures (\(MobileNeXtPaper.source), MobileNeXt-1.0 on ImageNet, a mean of ten "
        + "pictures on a Pixel 4XL in PyTorch) beside accuracy of MobileNeXt-0.5 on CIFAR-10, and "
        + "times in those of α = 1, with 95 % intervals.",
      columns: [
        .text("multiplier", "α"), .number("paper_top1", "paper top-1 %"),
        .number("paper_ms", "paper ms"), .number("paper_ratio", "paper ×"),
        .number("parameters", "parameters", "Of MobileNeXt-1.0 for 1000 classes."),
        .number("accuracy_float32", "float32 %"), .number("accuracy_int8", "int8 %"),
      ]
        + settings.enumerated().map { index, setting in
          .number("ratio_\(index + 1)", "× \(shortTitle(setting))", setting.title)
        })
    for (index, row) in Self.rows.enumerated() {
      let name = "mobilenext_100\(row.suffix)"
      let parameters = NetworkFacts.parameterCount(
        try NetworkSource.architecture(name), classCount: 1000)
      let shares = NumberType.allCases.map { accuracy.share(small[index].name, $0)?.percent }
      table.append(
        [
          .text(row.multiplier), .number(row.top1, digits: 2),
          .number(row.milliseconds, digits: 0),
          .number(row.milliseconds / Self.rows[0].milliseconds, digits: 3), .count(parameters),
        ] + shares.map { .optional($0, digits: 2) }
          + settings.map { .estimate($0.latency.ratios[index], digits: 3) })
    }
    return table
  }

  func shortTitle(_ setting: Setting) -> String {
    "\(setting.networks[0].inputSize) \(setting.type.rawValue)"
  }

  private var latencyTable: StudyTable {
    var table = StudyTable(
      id: "latency", title: "Latency and what it follows from",
      summary:
        "Medians of \(options.roundCount) rounds in which the networks take turns; the ratio is that "
        + "of each round. Moved are weights, inputs and outputs of layers and what additions read and "
        + "write. Fused additions are done by the step before them.",
      columns: [
        .text("setting", "network, input, type"), .text("multiplier", "α"),
        .number("milliseconds", "ms"), .number("ratio", "× α = 1"),
        .text("difference", "difference"), .number("additions", "additions"),
        .number("fused_additions", "fused"), .number("addition_bytes", "bytes of additions"),
        .number(
          "addition_us", "their µs", "Of additions that are steps of their own, the shortest times."
        ),
        .number("moved_bytes", "bytes moved"), .number("arena_bytes", "arena bytes"),
      ])
    for setting in settings {
      for (index, row) in Self.rows.enumerated() {
        let facts = setting.facts[index]
        table.append([
          .text(setting.title), .text(row.multiplier),
          .estimate(setting.latency.medians[index], digits: 3),
          .estimate(setting.latency.ratios[index], digits: 4),
          .text(setting.latency.verdict(index).rawValue), .count(facts.additions.count),
          .count(facts.additions.count - facts.additions.separateCount),
          .count(facts.additionByteCount), .optional(setting.additionTimes[index], digits: 2),
          .count(facts.movedByteCount),
          .count(facts.arenaByteCount),
        ])
      }
      guard let control = setting.latency.control else { continue }
      table.append([
        .text(setting.title), .text("1 again"), .none, .estimate(control, digits: 4),
        .text("control: a second copy"), .none, .none, .none, .none, .none, .none,
      ])
    }
    return table
  }

  private var tenTable: StudyTable {
    var table = StudyTable(
      id: "ten-pictures", title: "Ten pictures a measurement",
      summary:
        "As the paper measured: one network after the other, a mean of ten pictures each. Repeated "
        + "\(options.repetitionCount) times, to show how much of such a number is chance.",
      columns: [
        .text("setting", "network, input, type"), .text("multiplier", "α"),
        .number("milliseconds", "first mean, ms"),
        .number("deviation", "deviation of its ten, ms"), .number("lowest", "lowest mean, ms"),
        .number("highest", "highest mean, ms"),
        .text("faster", "faster than α = 1", "In how many of the repetitions."),
      ])
    for setting in settings {
      for (index, row) in Self.rows.enumerated() {
        let ten = setting.ten[index]
        table.append([
          .text(setting.title), .text(row.multiplier), .number(ten.first, digits: 3),
          .number(ten.deviation, digits: 3), .optional(ten.means.min(), digits: 3),
          .optional(ten.means.max(), digits: 3),
          index == 0
            ? .none
            : .text("\(ten.winCount(over: setting.ten[0])) of \(options.repetitionCount)"),
        ])
      }
    }
    return table
  }
}
