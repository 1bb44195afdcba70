import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging
import MNV4Quantization

/// `mnv4-quantize`: float32 networks to networks of 8-bit integers.
@main struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-quantize",
    abstract: "Makes a network of 8-bit integers of a float32 one, and reports what it cost.",
    discussion: """
      Runs the network on some pictures like those it is for (50 to 500; no labels are needed) to \
      see what its tensors hold, and chooses the integers that stand for it.

      mnv4-quantize float.mnv4 --calibration pictures -o int8.mnv4
      mnv4-quantize float.mnv4 --calibration pictures -o int8.mnv4 --report report.html \\
        --validate labelled --max-drop 0.5
      """)

  @Argument(help: "The float32 model, an .mnv4 file.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "A folder with JPEG or PNG pictures, or with folders of them.", valueName: "dir"))
  var calibration: String

  @Option(name: [.short, .long], help: "Where to write the model of integers.")
  var output: String

  @OptionGroup(title: "Method")
  var method: MethodArguments

  @OptionGroup(title: "Calibration pictures")
  var sampling: SamplingArguments

  @OptionGroup(title: "Accuracy")
  var test: TestArguments

  @Option(
    name: .customLong("json"),
    help: ArgumentHelp("Write the report as JSON.", valueName: "file"))
  var jsonFile: String?

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp("Write the report as a page with charts.", valueName: "file.html"))
  var page: String?

  @OptionGroup var session: SessionArguments

  func validate() throws {
    let files = [output, jsonFile, page].compactMap(\.self).map(FilePlace.init)
    guard Set(files).count == files.count else {
      throw ValidationError("--output, --json and --report: expected different files.")
    }
    guard !files.contains(FilePlace(model)) else {
      throw ValidationError("--output, --json and --report: expected other files than the model.")
    }
  }

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    let model = try Model(contentsOfFile: self.model)
    for file in [jsonFile, page, output] {
      if let file { try CommandFile.checkReplaceable(file) }
    }
    let pictures = try CalibrationPictures(
      below: calibration, limit: sampling.samples, seed: sampling.seed)
    let inputs: CalibrationInputs
    do throws(MNV4Error) {
      inputs = try CalibrationInputs(pictures: pictures.paths, for: model)
    } catch { throw error.inFile(self.model) }
    var options = method.options
    options.seed = sampling.seed
    options.session = session.options
    let accuracy = try test.accuracyTest(of: model, options: session.options)
    let bar = StageBar()
    let quantized: QuantizedNetwork
    do throws(MNV4Error) {
      quantized = try NetworkQuantizer(
        model, options: options,
        progress: QuantizationProgress(begin: bar.begin, advance: bar.advance)
      )
      .quantize(on: inputs, testing: accuracy, maximumDrop: test.maxDrop)
    } catch {
      bar.finish()
      throw error.inFile(self.model)
    }
    bar.finish()
    try write(quantized)
  }

  /// The model last: where it is, the reports are.
  private func write(_ quantized: QuantizedNetwork) throws {
    let report = quantized.report
    if let jsonFile { try CommandFile.write(try report.json(), to: jsonFile) }
    if let page { try CommandFile.write(Array(report.html().utf8), to: page) }
    try quantized.write(toFile: output)
    for line in report.text() { StandardOutput.print(line) }
  }
}
