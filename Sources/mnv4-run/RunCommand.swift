import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging

/// `mnv4-run`: classifies pictures, measures accuracy, shows the plan.
@main struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-run",
    abstract: "Classifies pictures with an .mnv4 model.",
    discussion: """
      mnv4-run model.mnv4 photo.jpg
      mnv4-run model.mnv4 --validate pictures        # a folder a class
      mnv4-run model.mnv4 --explain
      """)

  @Argument(help: "The model, an .mnv4 file.")
  var model: String

  @Argument(help: "JPEG or PNG pictures.")
  var images: [String] = []

  @Option(help: "How many classes to print for a picture, the most probable first.")
  var top = 5

  @Flag(help: "Print results as JSON, one object a line.")
  var json = false

  @OptionGroup var session: SessionArguments

  @OptionGroup var labelled: LabelledPicturesArguments

  @Flag(help: "Print the plan: what runs each step, and why.")
  var explain = false

  @Flag(
    help: "Fail where a step computes in float32, and print which; alone, only look at the plan.")
  var requireInt8 = false

  @Flag(help: "Print each step's time, and its share of what the processor could do.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "Write the time of each step as a Chrome trace (chrome://tracing, ui.perfetto.dev).",
      valueName: "file"))
  var profileJson: String?

  @Option(
    help: ArgumentHelp(
      "Run the network on a float32 array in NumPy's format, [N, H, W, C], instead of pictures.",
      valueName: "file"))
  var inputNpy: String?

  @Option(
    help: ArgumentHelp(
      "With --input-npy: write the network's output as a NumPy array.", valueName: "file"))
  var outputNpy: String?

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top: expected at least 1, found \(top).") }
    guard (inputNpy == nil) == (outputNpy == nil) else {
      throw ValidationError("--input-npy and --output-npy go together.")
    }
    let inputs = [!images.isEmpty, labelled.directory != nil, inputNpy != nil].filter(\.self).count
    guard inputs <= 1 else {
      throw ValidationError("Give pictures, --validate DIR or --input-npy FILE, one of them.")
    }
    guard inputs == 1 || explain || requireInt8 || profile || profileJson != nil else {
      throw ValidationError(
        "Give pictures to classify, or --validate, --input-npy, --explain, --require-int8 or "
          + "--profile.")
    }
  }

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    let model = try Model(contentsOfFile: self.model)
    let options = session.options
    if explain {
      for line in try model.explain(options) { StandardOutput.print(line) }
    }
    if requireInt8 { try checkIntegers(model, options) }
    if profile || profileJson != nil {
      try ProfileReport(model: model, options: options).run(
        printsTable: profile, trace: profileJson)
    }
    if let inputNpy, let outputNpy {
      try runArray(model, options, inputNpy, outputNpy)
    } else if let pictures = try labelled.pictures(for: model) {
      try Validation(model: model, options: options, pictures: pictures).run(printsJSON: json)
    } else if !images.isEmpty {
      try Classifying(model: model, options: options, top: top, printsJSON: json).run(images)
    }
  }

  private func checkIntegers(_ model: Model, _ options: SessionOptions) throws {
    let steps = try model.floatSteps(options)
    guard steps.isEmpty else {
      throw CommandFailure(
        ([
          "\(self.model): --require-int8: expected integers in every step, found float32 in "
            + "\(steps.count):"
        ] + steps.map { "  \($0)" }).joined(separator: "\n"))
    }
  }

  private func runArray(
    _ model: Model, _ options: SessionOptions, _ input: String, _ output: String
  ) throws {
    let tensor = try CommandFile.readArray(input).tensor
    let session = try model.makeSession(options)
    let result: Tensor
    do { result = try session.run(tensor) } catch {
      throw CommandFailure(file: input, error)
    }
    let contents: AlignedBuffer
    do { contents = try NumpyArray(result).fileContents() } catch {
      throw CommandFailure(file: output, error)
    }
    try contents.withUnsafeBytes { try CommandFile.write($0, to: output) }
  }
}
