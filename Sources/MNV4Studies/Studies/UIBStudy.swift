import MNV4
import MNV4Charts
import MNV4Core
import MNV4Quantization
import MNV4Zoo

/// Table 1 of the CIFAR-10 study of universal inverted bottlenecks, with what it leaves out.
struct UIBStudy {
  /// A network with what the manuscript says of it.
  struct Variant {
    let title: String
    /// Nil for a network that the table does not have.
    let paper: UIBPaper.Row?
    let network: StudyNetwork
  }

  /// Variants that are compared at one input size.
  struct Group {
    let id: String
    let title: String
    let variants: [Variant]
    let latency: [NumberType: LatencyGroup]
    let classCount: Int

    var inputSize: Int { variants[0].network.inputSize }
  }

  let options: StudyOptions
  /// On pictures of CIFAR-10, and on large ones.
  let small: Group
  let large: Group
  let accuracy: AccuracyMeasurement
  let noise: LayerNoise
  let remarks: [String]

  /// The reference of every comparison.
  static let referenceName = "mobilenetv4_conv_small"

  /// The reference first.
  static var rows: [UIBPaper.Row] {
    UIBPaper.rows.filter { $0.name == referenceName }
      + UIBPaper.rows.filter { $0.name != referenceName }
  }
}

extension UIBStudy {
  init(_ options: StudyOptions, progress: StudyProgress) throws {
    let data = try StudyData(options)
    let source = try NetworkSource(options, data: data, progress: progress)
    let rows = Self.rows
    let halves = try source.small(rows.map { "\($0.name)_050" })
    let whole = try source.small([Self.referenceName])
    let smallVariants =
      zip(rows, halves).map { Variant(title: $0.title, paper: $0, network: $1) }
      + whole.map { Variant(title: "MobileNetV4-Small, width 1", paper: nil, network: $0) }
    let networks = try source.large(rows.map { Self.largeName($0.name) })
    let largeVariants = zip(rows, networks).map {
      Variant(title: $0.title, paper: $0, network: $1)
    }
    let small = try Self.group(
      "small", "Half width, 32 × 32", smallVariants, classCount: 10, options, progress)
    let large = try Self.group(
      "large", "Full width, \(options.largeInputSize) × \(options.largeInputSize)", largeVariants,
      classCount: 1000, options, progress)
    let accuracy = try AccuracyMeasurement(of: halves + whole, on: data, progress: progress)
    let noise = try LayerNoise(
      of: smallVariants.map { ($0.title, $0.network) }, method: "a scale a channel",
      on: data, progress: progress)
    let remarks = [
      source.absence(halves + whole),
      data == nil ? "Accuracy needs the test pictures: --data DIR." : nil,
      "The manuscript leaves widths, depths, strides and input size open. Here the networks are "
        + "MobileNetV4's and MobileNetV3's own: at half width with the first step to a lower "
        + "resolution left out on 32 × 32, and at full width with seeded weights on large pictures.",
    ].compactMap(\.self)
    self.init(
      options: options, small: small, large: large, accuracy: accuracy, noise: noise,
      remarks: remarks)
  }

  private static func largeName(_ name: String) -> String {
    name.hasPrefix("mobilenetv3") ? "\(name)_100" : name
  }

  private static func group(
    _ id: String, _ title: String, _ variants: [Variant], classCount: Int,
    _ options: StudyOptions, _ progress: StudyProgress
  ) throws -> Group {
    var latency: [NumberType: LatencyGroup] = [:]
    for type in NumberType.allCases {
      latency[type] = try LatencyGroup(
        variants.map { $0.network.form(type).model }, title: "\(title), \(type.rawValue)",
        options: options, progress: progress)
    }
    return Group(
      id: id, title: title, variants: variants, latency: latency, classCount: classCount)
  }

  func document() throws -> StudyDocument {
    var document = StudyDocument(
      name: Study.uib.rawValue, title: "Universal inverted bottlenecks on CIFAR-10",
      question:
        "The CIFAR-10 study compares variants of MobileNetV4's block by accuracy and training time "
        + "alone. Which variant is best here, on which device and for which time?",
      machine: .current, settings: options.description)
    document.findings = findings
    document.remarks = remarks
    document.tables =
      [try table(small), try table(large), rooflineTable(small), rooflineTable(large)]
      + [budgetTable, noise.table(id: "layers")].compactMap(\.self)
    document.charts = charts
    return document
  }

  // MARK: Tables

  private func table(_ group: Group) throws -> StudyTable {
    let isSmall = group.id == small.id
    var table = StudyTable(
      id: isSmall ? "table-1" : "full-width",
      title: isSmall ? "Table 1, and what it leaves out: \(group.title)" : group.title,
      summary: (isSmall
        ? "The manuscript's figures (\(UIBPaper.source); the ConvNeXt-like one off a figure) beside "
          + "accuracy on CIFAR-10's test pictures with 95 % intervals. "
        : "Seeded weights: sizes and times alone. ")
        + "Times are medians of \(options.roundCount) rounds; ratios are to MobileNetV4-Small, round "
        + "by round.",
      columns: [.text("network", "network")]
        + (isSmall
          ? [
            .number("paper_accuracy", "paper %"), .number("paper_train_s", "paper training, s"),
            .number("accuracy_float32", "float32 %"), .number("accuracy_int8", "int8 %"),
          ] : [])
        + [
          .number("parameters", "parameters"), .number("macs", "MACs"),
          .number("float32_ms", "float32, ms"), .number("float32_ratio", "× Small"),
          .number("int8_ms", "int8, ms"), .number("int8_ratio", "× Small"),
        ])
    for (index, variant) in group.variants.enumerated() {
      let parameters = NetworkFacts.parameterCount(
        try NetworkSource.architecture(variant.network.name), classCount: group.classCount)
      var cells: [StudyTable.Cell] = [.text(variant.title)]
      if isSmall {
        cells += [
          .optional(variant.paper?.accuracy, digits: 2),
          .optional(variant.paper?.trainingSeconds, digits: 2),
        ]
        cells += NumberType.allCases.map {
          .optional(accuracy.share(variant.network.name, $0)?.percent, digits: 2)
        }
      }
      cells += [
        .count(parameters), .count(variant.network.float.model.multiplyAccumulateCount),
      ]
      for type in NumberType.allCases {
        cells += [
          .optional(group.latency[type]?.medians[index], digits: 3),
          .optional(group.latency[type]?.ratios[index], digits: 3),
        ]
      }
      table.append(cells)
    }
    return table
  }
}
