import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Studies

/// `mnv4-bench study`: the comparisons of papers, measured here.
struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mnv4-bench study",
    abstract:
      "Repeats a study of a paper, with the paper's own figures beside what is measured here.",
    discussion: """
      Studies:
      \(Study.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

      Networks are compared in turns, many times over, so that a machine whose speed changes slows all \
      of them; differences have 95 % intervals. Trained models are taken from a folder, seeded weights \
      stand in for those that it lacks. Accuracy needs test pictures.

      mnv4-bench study identity-multiplier
      mnv4-bench study mobilenext-vs-v2 --data cifar10 -o results/comparison
      """)

  @Argument(help: ArgumentHelp("Which study.", valueName: "name"))
  var name: String

  @Option(
    help: ArgumentHelp(
      "A folder with train and test, each with a folder of pictures a class (default: no accuracy).",
      valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where trained models lie (default: models).", valueName: "dir"))
  var models: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write PREFIX.txt, .json and .html, and PREFIX-TABLE.csv for each table.", valueName: "prefix"
    ))
  var output: String?

  @Option(help: "How many rounds to time (default: 200).")
  var runs: Int?

  @Option(
    help: ArgumentHelp("How many of the test pictures to classify (default: all).", valueName: "n"))
  var limit: Int?

  @Flag(help: "Take seconds: few rounds and small pictures, to see the form of the results.")
  var quick = false

  @Option(help: "Threads.")
  var threads = 1

  @Option(help: "Which kernels to use.")
  var backend = BackendChoice.automatic

  static let runCounts = 2...100_000

  func validate() throws {
    guard Study(rawValue: name) != nil else {
      let names = Study.allCases.map(\.rawValue)
      throw ValidationError(
        "expected a study, \(names.joined(separator: ", ")); found '\(name)'."
          + Suggestion.text(for: name, among: names))
    }
    if let runs, !Self.runCounts.contains(runs) {
      throw ValidationError(
        "--runs: expected \(Self.runCounts.lowerBound) to \(Self.runCounts.upperBound), found \(runs)."
      )
    }
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected at least 1, found \(limit).")
    }
    guard limit == nil || data != nil else { throw ValidationError("--limit goes with --data.") }
    guard (1...SessionOptions.maximumThreads).contains(threads) else {
      throw ValidationError(
        "--threads: expected 1 to \(SessionOptions.maximumThreads), found \(threads).")
    }
  }

  func run() throws {
    Interrupts.handle()
    defer { StandardOutput.flush() }
    guard let study = Study(rawValue: name) else { return }
    let files = output.map(StudyFiles.init)
    try files?.check()
    let bar = StageBar()
    let document: StudyDocument
    do {
      document = try study.run(
        options, progress: StudyProgress(begin: bar.begin, advance: bar.advance))
    } catch {
      bar.finish()
      throw error
    }
    bar.finish()
    try files?.write(document)
    for line in document.text() { StandardOutput.print(line) }
  }

  private var options: StudyOptions {
    var options = StudyOptions(modelsFolder: models)
    options.dataFolder = data
    options.testLimit = limit
    if quick { options.hurry() }
    if let runs { options.roundCount = runs }
    options.session = SessionOptions(threads: threads, backend: backend)
    return options
  }
}
