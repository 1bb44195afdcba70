import Foundation

/// The two files that the command line names; ends the program where it does not.
func twoFiles(usage: String) -> (URL, URL) {
  let arguments = CommandLine.arguments.dropFirst().map { URL(filePath: $0) }
  guard arguments.count == 2 else { fail("usage: \(usage)") }
  return (arguments[0], arguments[1])
}

/// `79.3%` for 0.793.
func percent(_ probability: Float) -> String {
  probability.formatted(.percent.precision(.fractionLength(1)))
}

/// Says what went wrong and ends the program.
func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("\(message)\n".utf8))
  exit(1)
}
