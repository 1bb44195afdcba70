import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Zoo

/// `--describe`: what a model file holds, or what a network of the zoo is.
struct ModelDescription {
  private let file: ModelFile
  private let costs: CostReport
  /// Where a network is described.
  private let architecture: Architecture?

  init(_ file: ModelFile, _ arguments: CostArguments, architecture: Architecture? = nil) {
    self.file = file
    self.architecture = architecture
    costs = CostReport(file.graph, arguments)
  }

  /// A file, or a name of `--list-archs`.
  static func named(_ name: String, _ arguments: CostArguments) throws -> ModelDescription {
    guard let architecture = Architecture.named(name) else {
      return ModelDescription(try Model(contentsOfFile: name).file, arguments)
    }
    let graph = try architecture.build(weights: SeededWeights(seed: 0))
    var provenance = Provenance()
    provenance[.architecture] = architecture.name
    provenance[.source] = architecture.source
    return ModelDescription(
      ModelFile(
        graph: graph, preprocessing: architecture.preprocessing, labels: [],
        provenance: provenance), arguments, architecture: architecture)
  }

  var lines: [String] {
    header + (architecture.map(TagChoice.lines) ?? []) + [""] + costs.layers + costs.rooflines
  }

  private var header: [String] {
    let graph = file.graph
    var rows = [
      ("network", graph.name),
      ("input", tensor(graph[graph.inputs[0]])),
      ("output", graph.outputs.map { tensor(graph[$0]) }.joined(separator: ", ")),
      ("parameters", graph.trainableParameterCount.groupedText),
      ("MACs", graph.multiplyAccumulateCount.groupedText),
      ("weights", weights),
    ]
    rows += preprocessing
    rows.append(("labels", labels))
    rows += file.provenance.entries.map { ($0.key, $0.value) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }
  }

  private var weights: String {
    let constants = file.graph.constants
    let byteCount = constants.reduce(0) { $0 + $1.storedByteCount }
    let widenedByteCount = constants.reduce(0) { $0 + $1.data.byteCount }
    return byteCount == widenedByteCount
      ? byteCount.byteText
      : "\(byteCount.byteText), layers' as float16; \(widenedByteCount.byteText) as float32"
  }

  private func tensor(_ value: Value) -> String { "\(value.elementType) \(value.shape)" }

  private var preprocessing: [(String, String)] {
    guard let preprocessing = file.preprocessing else {
      return [("preprocessing", "none: the model takes tensors, not pictures")]
    }
    let input = file.graph[file.graph.inputs[0]].shape
    let crop = input.rank == 4 ? "\(input[2])×\(input[1])" : "the input"
    let filter = "\(preprocessing.interpolation)"
    let fraction = preprocessing.cropFraction
    let resize =
      switch preprocessing.resizeMode {
      case .shorterSide:
        "shorter side to input / \(fraction) (\(filter), antialiased), centre crop \(crop)"
      case .stretch:
        "both sides to input / \(fraction) (\(filter), antialiased), "
          + "centre crop \(crop)"
      case .none: "none: pictures must be \(crop)"
      }
    return [
      ("resize", resize),
      ("channels", "\(preprocessing.channelOrder)".uppercased()),
      ("mean", preprocessing.mean.map { "\($0)" }.joined(separator: ", ")),
      ("deviation", preprocessing.standardDeviation.map { "\($0)" }.joined(separator: ", ")),
    ]
  }

  private var labels: String {
    let labels = file.labels
    guard !labels.isEmpty else { return "none" }
    let shown = labels.prefix(10).joined(separator: ", ")
    return "\(labels.count): \(shown)\(labels.count > 10 ? ", …" : "")"
  }
}
