import ArgumentParser

/// `mnv4-bench`: measures networks, or with `study` repeats a study of the papers.
@main enum BenchTool {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "study" {
      StudyCommand.main(Array(arguments.dropFirst()))
    } else {
      BenchCommand.main(arguments)
    }
  }
}
