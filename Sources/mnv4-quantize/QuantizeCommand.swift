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

  @OptionGroup var session: SessionArguments

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    let model = try Model(contentsOfFile: self.model)
    let pictures = try CalibrationPictures(
      below: calibration, limit: sampling.samples, seed: sampling.seed)
    let inputs = try CalibrationInputs(pictures: pictures.paths, for: model)
    var options = method.options
    options.seed = sampling.seed
    options.session = session.options
    let bar = StageBar()
    let quantized: QuantizedNetwork
    do throws(MNV4Error) {
      quantized = try NetworkQuantizer(model, options: options, progress: bar.progress)
        .quantize(on: inputs)
    } catch {
      throw error.inFile(self.model)
    }
    bar.finish()
    try quantized.write(toFile: output)
    for layer in quantized.report.layers {
      StandardOutput.print(
        "\(layer.name) \(layer.operation) \(layer.isolatedDecibels ?? .nan) effect \(layer.effectDecibels ?? .nan) \(layer.accumulatedDecibels ?? .nan) \(layer.reading)"
      )
    }
  }
}
