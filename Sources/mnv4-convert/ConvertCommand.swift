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
      A checkpoint holds weights under the names that timm, torchvision or a network's authors give \
      them. Their names and shapes tell which network they belong to; --arch says it where several \
      networks share them. Nothing in a PyTorch file is executed: it may hold tensors and \
      dictionaries only. Batch normalizations are folded into the layers before them.

      mnv4-convert weights.safetensors -o model.mnv4
      mnv4-convert weights.safetensors --tag e1200_r224_in1k -o model.mnv4
      mnv4-convert weights.pth --arch mobilenext_100_id050 -o model.mnv4
      mnv4-convert --describe model.mnv4
      """)

  @Argument(
    help: ArgumentHelp(
      "The checkpoint: a safetensors file, or a ZIP file of PyTorch (.pth, .pt).",
      valueName: "source"))
  var source: String?

  @Option(name: [.short, .long], help: "Where to write the model.")
  var output: String?

  @Option(
    name: .customLong("arch"),
    help: "The network's name, one of --list-archs (default: what the checkpoint's tensors say).")
  var architecture: String?

  @Option(
    help: ArgumentHelp(
      """
      The weights of timm that the checkpoint holds, such as e2400_r224_in1k, whose preprocessing \
      and input size are taken; --describe lists those of a network.
      """, valueName: "name"))
  var tag: String?

  @Flag(name: .customLong("list-archs"), help: "List the networks that are known by name.")
  var listsArchitectures = false

  @Option(
    help: ArgumentHelp(
      "Describe an .mnv4 model, or a network of --list-archs.", valueName: "model-or-arch"))
  var describe: String?

  @Option(help: "Number of classes (default: the checkpoint's).")
  var classes: Int?

  @Option(help: "Height and width of the input picture (default: the tag's, else the network's).")
  var inputSize: Int?

  @Option(help: "Stride of the first convolution: 2, or 1 for small pictures.")
  var stemStride = 2

  @Option(
    help: ArgumentHelp(
      "Names of the classes: a text file, one a line, in the order of the output.",
      valueName: "file"))
  var labels: String?

  @OptionGroup(
    title: "Preprocessing (default: that of --tag, else of the network's published weights)")
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
    if let architecture, Architecture.named(architecture) == nil {
      throw ValidationError(
        "--arch: expected one of --list-archs, found '\(architecture)'."
          + Suggestion.text(for: architecture, among: Architecture.all.map(\.name)))
    }
    if let tag, let architecture = architecture.flatMap(Architecture.named) {
      _ = try TagChoice.tag(tag, of: architecture)
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
    } else if let source, let output {
      try convert(source, architecture.flatMap(Architecture.named), to: output)
    }
  }

  private func convert(_ source: String, _ named: Architecture?, to output: String) throws {
    let bytes = try readCheckpoint(source)
    let checkpoint: Checkpoint
    let known: Architecture?
    do {
      checkpoint = try Checkpoint(bytes)
      known =
        tag == nil ? named : try CheckpointImport.recognize(checkpoint, as: named).architecture
    } catch {
      throw CommandFailure(file: source, error)
    }
    let tag: PretrainedTag? =
      if let name = self.tag, let known { try TagChoice.tag(name, of: known) } else { nil }
    let network: ImportedNetwork
    let graph: Graph
    do {
      network = try CheckpointImport.network(
        known, from: checkpoint, classCount: classes, inputSize: inputSize ?? tag?.inputSize,
        stemStride: stemStride)
      Diagnostics.print("\(source): \(describe(network, checkpoint))")
      graph = try network.graph.foldingConstants().fusingActivations()
    } catch {
      throw CommandFailure(file: source, error)
    }
    let architecture = network.architecture
    let classCount = graph[graph.outputs[0]].shape.last
    let file = ModelFile(
      graph: graph,
      preprocessing: try preprocessing.applied(to: tag?.preprocessing ?? network.preprocessing),
      labels: try labels.map { try LabelFile.read($0, classCount: classCount) } ?? [],
      provenance: provenance(source, architecture, tag))
    let encoded: AlignedBuffer
    do { encoded = try Encoder.encode(file) } catch { throw CommandFailure(file: output, error) }
    try encoded.withUnsafeBytes { try CommandFile.write($0, to: output) }
    Diagnostics.print(
      "\(output): \(architecture.name), \(classCount) classes, \(encoded.byteCount.byteText)")
  }

  private func readCheckpoint(_ source: String) throws(CommandFailure) -> AlignedBuffer {
    var refusal: CheckpointError?
    let bytes = try CommandFile.read(
      source, maximumByteCount: Checkpoint.maximumFileByteCount
    ) { head, _ in
      do throws(CheckpointError) {
        try Checkpoint.checkHead(head)
        return true
      } catch {
        refusal = error
        return false
      }
    }
    if let refusal { throw CommandFailure(file: source, refusal) }
    return bytes
  }

  /// What the checkpoint was recognized as.
  private func describe(_ network: ImportedNetwork, _ checkpoint: Checkpoint) -> String {
    let names =
      switch network.convention {
      case .zoo: ""
      case .torchvision: " by torchvision's names"
      }
    return "\(network.architecture.name)\(names); \(checkpoint.summary)"
  }

  private func provenance(
    _ source: String, _ architecture: Architecture, _ tag: PretrainedTag?
  ) -> Provenance {
    var provenance = Provenance()
    provenance[.architecture] = architecture.name
    if let tag { provenance[.tag] = tag.name }
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
