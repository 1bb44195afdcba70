import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Quantization
import MNV4Zoo

/// `mnv4-bench`: how long networks take, and how much memory.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-bench",
    abstract: "Measures latency, throughput and memory of networks.",
    discussion: """
      A network is an .mnv4 file, or a name of mnv4-convert --list-archs, which gets seeded random \
      weights, for int8 quantized on seeded inputs. Each is loaded, warmed up, and timed on one picture \
      at a time.

      mnv4-bench mobilenetv4_conv_small --threads 1
      mnv4-bench model.mnv4 --backend swift --json

      mnv4-bench study NAME repeats a study of a paper; see mnv4-bench study --help.
      """)

  enum ElementTypeChoice: String, ExpressibleByArgument, CaseIterable {
    case float32
    case int8
  }

  @Argument(
    help: ArgumentHelp("Models (.mnv4) or names of the zoo.", valueName: "model-or-arch"))
  var networks: [String]

  @Option(help: "Element type of activations and weights.")
  var elementType = ElementTypeChoice.float32

  @OptionGroup var session: SessionArguments

  @Option(help: "Height and width of the input, for names of the zoo (default: the network's).")
  var inputSize: Int?

  @Option(help: "How many inferences to time.")
  var runs = 100

  @Flag(
    help: """
      Print each step's time, too, over as many more inferences, and its share of what the processor \
      could do.
      """)
  var profile = false

  @Flag(help: "Print parameters, MACs, bytes and intensity of each layer, too.")
  var counts = false

  @OptionGroup(title: "Counts")
  var costs: CostArguments

  @Flag(help: "Print results as JSON, one object a line.")
  var json = false

  static let runCounts = 1...10_000_000

  func validate() throws {
    guard Self.runCounts.contains(runs) else {
      throw ValidationError(
        "--runs: expected 1 to \(Self.runCounts.upperBound), found \(runs).")
    }
    guard !json || !profile && !counts else {
      throw ValidationError(
        "--json: holds the times of whole inferences; leave out --profile and --counts.")
    }
    if let inputSize, !Architecture.Parameters.inputSizes.contains(inputSize) {
      let sizes = Architecture.Parameters.inputSizes
      throw ValidationError(
        "--input-size: expected \(sizes.lowerBound) to \(sizes.upperBound), found \(inputSize).")
    }
  }

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    let loaded = try networks.map { try (name: $0, model: load($0)) }
    var table = Measurement.table
    for (name, model) in loaded {
      let measurement = try Measurement(
        network: name, model: model, options: session.options, runCount: runs)
      if json {
        StandardOutput.print(try JSONLine.encode(measurement))
      } else {
        table.append(measurement.cells)
      }
    }
    guard !json else { return }
    for line in table.lines { StandardOutput.print(line) }
    for (name, model) in loaded {
      if profile {
        for line in ["", name] { StandardOutput.print(line) }
        try ProfileReport(model: model, options: session.options, runCount: runs).run()
      }
      let report = CostReport(model.file.graph, costs)
      let lines = (counts ? report.layers : []) + report.rooflines
      guard !lines.isEmpty else { continue }
      for line in ["", name] + lines { StandardOutput.print(line) }
    }
  }

  /// A file, or a network of the zoo with seeded weights.
  private func load(_ name: String) throws -> Model {
    let model: Model
    if let architecture = Architecture.named(name) {
      do {
        let graph = try architecture.build(
          .init(inputSize: inputSize), weights: SeededWeights(seed: 1))
        let float = Model(ModelFile(graph: graph))
        model = elementType == .float32 ? float : try NetworkQuantizer.modelForTiming(float)
      } catch {
        throw CommandFailure("\(name): \(error)")
      }
    } else if name.contains("/") || name.hasSuffix(".mnv4") {
      guard inputSize == nil else {
        throw CommandFailure("\(name): --input-size is for names of the zoo; a file has its own")
      }
      model = try Model(contentsOfFile: name)
    } else {
      throw CommandFailure(
        "'\(name)': expected an .mnv4 file or a name of mnv4-convert --list-archs."
          + Suggestion.text(for: name, among: Architecture.all.map(\.name)))
    }
    guard model.elementTypeName == elementType.rawValue else {
      throw CommandFailure(
        "\(name): --element-type: expected \(elementType.rawValue), "
          + "found a network of \(model.elementTypeName)")
    }
    return model
  }
}
