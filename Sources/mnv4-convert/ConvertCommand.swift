import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Zoo

/// `mnv4-convert`: checkpoints and TensorFlow Lite files to `.mnv4`, and what is in one.
@main struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-convert",
    abstract:
      "Converts a checkpoint or a TensorFlow Lite file to an .mnv4 model, or describes one.",
    discussion: """
      A checkpoint holds weights under the names that timm, torchvision or a network's authors give \
      them. Their names and shapes tell which network they belong to; --arch says it where several \
      networks share them. One that tools/train made says itself what is needed: network, total \
      stride, input size, preprocessing and labels. Nothing in a PyTorch file is executed: it may \
      hold tensors and dictionaries only. Batch normalizations are folded into the layers before \
      them.

      A TensorFlow Lite file holds a whole network: float, int8, or uint8. It stays what it is; \
      --dequantize makes a quantized one float.

      mnv4-convert weights.safetensors -o model.mnv4
      mnv4-convert weights.safetensors --tag e1200_r224_in1k -o model.mnv4
      mnv4-convert weights.pth --arch mobilenext_100_id050 -o model.mnv4
      mnv4-convert network.tflite --labels labels.txt -o model.mnv4
      mnv4-convert --describe model.mnv4
      """)

  @Argument(
    help: ArgumentHelp(
      "A safetensors file, a ZIP file of PyTorch (.pth, .pt), or a TensorFlow Lite file (.tflite).",
      valueName: "source"))
  var source: String?

  @Option(name: [.short, .long], help: "Where to write the model.")
  var output: String?

  @Option(
    name: .customLong("arch"),
    help: "The network's name, one of --list-archs (default: what the checkpoint says).")
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

  @Option(
    help: """
      Height and width of the input picture (default: the tag's, else the checkpoint's, else the \
      network's).
      """)
  var inputSize: Int?

  @Option(
    help: ArgumentHelp(
      """
      How many times smaller than the picture the last features are: 32, or for small pictures 16 \
      or 8, which leave out the first step or two to a lower resolution (default: the \
      checkpoint's, else 32).
      """, valueName: "32|16|8"))
  var totalStride: Int?

  @Flag(help: "Make a float32 network of a quantized TensorFlow Lite file.")
  var dequantize = false

  @Flag(
    help: """
      Round weights to float16: a file of half the size that computes in float32 with the rounded \
      weights.
      """)
  var halfPrecision = false

  @Option(
    help: ArgumentHelp(
      """
      Names of the classes: a text file, one a line, in the order of the output (default: the \
      checkpoint's).
      """,
      valueName: "file"))
  var labels: String?

  @OptionGroup(
    title: """
      Preprocessing (default: that of --tag, else the checkpoint's, else that of the network's \
      published weights)
      """)
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
        "Give a file to convert, --describe MODEL, or --list-archs (one of them).")
    }
    guard source != nil else {
      guard !halfPrecision else {
        throw ValidationError("--half-precision: expected a file to convert.")
      }
      return
    }
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
      try convert(source, to: output)
    }
  }

  private func convert(_ path: String, to output: String) throws {
    let source = try readSource(path)
    let classCount = source.graph[source.graph.outputs[0]].shape.last
    let file = ModelFile(
      graph: try rounded(source.graph, path),
      preprocessing: try preprocessing.applied(to: source.preprocessing),
      labels: try labels.map { try LabelFile.read($0, classCount: classCount) }
        ?? source.labels.map {
          try LabelFile.labels(in: $0, of: "\(path): mnv4.labels", classCount: classCount)
        } ?? [],
      provenance: provenance(path, source))
    let encoded: AlignedBuffer
    do { encoded = try Encoder.encode(file) } catch { throw CommandFailure(file: output, error) }
    try encoded.withUnsafeBytes { try CommandFile.write($0, to: output) }
    Diagnostics.print(
      "\(output): \(source.name), \(classCount) classes, \(encoded.byteCount.byteText)")
  }

  /// As `--half-precision` says.
  private func rounded(_ graph: Graph, _ path: String) throws -> Graph {
    guard halfPrecision else { return graph }
    let weights = graph.layerWeightIDs
    guard weights.contains(where: { graph[$0].elementType == .float32 }) else {
      throw CommandFailure("\(path): --half-precision: expected float32 weights, found none")
    }
    do { return try graph.roundingWeightsToFloat16() } catch {
      throw CommandFailure(file: path, error)
    }
  }

  private func provenance(_ path: String, _ source: SourceModel) -> Provenance {
    var provenance = Provenance()
    for key in [Provenance.Key.architecture, .tag] {
      if let value = source.provenance[key] { provenance[key] = value }
    }
    provenance[.source] = path.split(separator: "/").last.map(String.init) ?? path
    provenance[.converter] = "mnv4-convert"
    if let notes = source.provenance[.notes] { provenance[.notes] = notes }
    for text in note {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      provenance.entries.removeAll { $0.key == parts[0] }
      provenance.entries.append(.init(key: String(parts[0]), value: String(parts[1])))
    }
    return provenance
  }
}
