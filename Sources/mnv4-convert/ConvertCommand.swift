import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Import
import MNV4Zoo

/// `mnv4-convert`: checkpoints to `.mnv4`, and what is in one.
@main struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-convert",
    abstract: "Converts a checkpoint to an .mnv4 model, or describes one.",
    discussion: """
      A checkpoint holds weights under the names that PyTorch (timm) gives them; the architecture \
      says which network they belong to. Batch normalizations are folded into the layers before them.

      mnv4-convert weights.safetensors --arch mobilenetv4_conv_small -o model.mnv4
      mnv4-convert --describe model.mnv4
      """)

  @Argument(
    help: ArgumentHelp("The checkpoint: a .safetensors file.", valueName: "source"))
  var source: String?

  @Option(name: [.short, .long], help: "Where to write the model.")
  var output: String?

  @Option(name: .customLong("arch"), help: "The network's name, one of --list-archs.")
  var architecture: String?

  @Flag(name: .customLong("list-archs"), help: "List the networks that are known by name.")
  var listsArchitectures = false

  @Option(
    help: ArgumentHelp(
      "Describe an .mnv4 model, or a network of --list-archs.", valueName: "model-or-arch"))
  var describe: String?

  @Option(help: "Number of classes (default: the checkpoint's).")
  var classes: Int?

  @Option(help: "Height and width of the input picture (default: the network's).")
  var inputSize: Int?

  @Option(help: "Stride of the first convolution: 2, or 1 for small pictures.")
  var stemStride = 2

  @Option(
    help: ArgumentHelp(
      "Names of the classes: a text file, one a line, in the order of the output.",
      valueName: "file"))
  var labels: String?

  @OptionGroup(title: "Preprocessing (default: timm's for the network)")
  var preprocessing: PreprocessingOptions

  @OptionGroup(title: "Counts of --describe")
  var costs: CostArguments

  @Option(
    help: ArgumentHelp(
      "Where the model comes from, shown by --describe; may be repeated.",
      valueName: "key=value"))
  var note: [String] = []

  func validate() throws {
    let modes = [source != nil, listsArchitectures, describe != nil].filter(\.self).count
    guard modes == 1 else {
      throw ValidationError(
        "Give a checkpoint to convert, --describe MODEL, or --list-archs (one of them).")
    }
    guard source != nil else { return }
    guard output != nil else { throw ValidationError("Say where to write the model: -o FILE.") }
    guard let architecture else {
      throw ValidationError("Say which network it is: --arch NAME (see --list-archs).")
    }
    guard Architecture.named(architecture) != nil else {
      throw ValidationError(
        "--arch: expected one of --list-archs, found '\(architecture)'."
          + Suggestion.text(for: architecture, among: Architecture.all.map(\.name)))
    }
    for text in note where !text.contains("=") {
      throw ValidationError("--note: expected key=value, found '\(text)'.")
    }
  }

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    if listsArchitectures {
      try ArchitectureList.print()
    } else if let describe {
      for line in try ModelDescription.named(describe, costs).lines { StandardOutput.print(line) }
    } else if let source, let output, let architecture = architecture.flatMap(Architecture.named) {
      try convert(source, architecture, to: output)
    }
  }

  private func convert(_ source: String, _ architecture: Architecture, to output: String) throws {
    let bytes = try CommandFile.read(source)
    let graph: Graph
    do {
      graph = try CheckpointImport.network(
        architecture, safetensors: bytes, classCount: classes, inputSize: inputSize,
        stemStride: stemStride
      ).foldingConstants().fusingActivations()
    } catch {
      throw CommandFailure(file: source, error)
    }
    let classCount = graph[graph.outputs[0]].shape.last
    let file = ModelFile(
      graph: graph, preprocessing: try preprocessing.applied(to: architecture.preprocessing),
      labels: try labels.map { try LabelFile.read($0, classCount: classCount) } ?? [],
      provenance: provenance(source, architecture))
    let encoded: AlignedBuffer
    do { encoded = try Encoder.encode(file) } catch { throw CommandFailure(file: output, error) }
    try encoded.withUnsafeBytes { try CommandFile.write($0, to: output) }
    Diagnostics.print(
      "\(output): \(architecture.name), \(classCount) classes, \(encoded.byteCount.byteText)")
  }

  private func provenance(_ source: String, _ architecture: Architecture) -> Provenance {
    var provenance = Provenance()
    provenance[.architecture] = architecture.name
    provenance[.source] = source.split(separator: "/").last.map(String.init) ?? source
    provenance[.converter] = "mnv4-convert"
    for text in note {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      provenance.entries.removeAll { $0.key == parts[0] }
      provenance.entries.append(.init(key: String(parts[0]), value: String(parts[1])))
    }
    return provenance
  }
}
