import Foundation
import Testing

/// What a command left behind.
struct CommandResult {
  let status: Int32
  /// Whether a signal ended it, which nothing may do.
  let wasSignalled: Bool
  let output: String
  let errors: String

  var outputLines: [Substring] { output.split(separator: "\n") }
}

/// One of the built executables.
struct Command {
  static let run = Command("mnv4-run")
  static let convert = Command("mnv4-convert")
  static let quantize = Command("mnv4-quantize")
  static let bench = Command("mnv4-bench")
  static let allocationProbe = Command("allocation-probe")
  /// The system's shell.
  static let shell = Command(path: "/bin/sh")

  let path: String

  private init(_ name: String) {
    path = Self.buildFolder + "/" + name
  }

  private init(path: String) { self.path = path }

  /// The test bundle lies beside the executables.
  private static let buildFolder = URL(fileURLWithPath: CommandLine.arguments[0])
    .resolvingSymlinksInPath().deletingLastPathComponent().path

  /// Runs the command to its end; a test that waits longer than the limit fails.
  func callAsFunction(
    _ arguments: String..., in folder: String = Repository.root, limit: Duration = .seconds(300)
  ) throws -> CommandResult {
    try callAsFunction(arguments, in: folder, limit: limit)
  }

  func callAsFunction(
    _ arguments: [String], in folder: String = Repository.root, limit: Duration = .seconds(300)
  ) throws -> CommandResult {
    let output = try OutputFile()
    let errors = try OutputFile()
    let (status, wasSignalled) = try run(
      arguments, in: folder, output: output.handle, errors: errors.handle, limit: limit)
    return CommandResult(
      status: status, wasSignalled: wasSignalled, output: try output.text,
      errors: try errors.text)
  }

  /// Runs the command with a standard output that nobody reads.
  func runWithClosedPipe(_ arguments: String...) throws -> CommandResult {
    let pipe = Pipe()
    let errors = try OutputFile()
    try pipe.fileHandleForReading.close()
    let (status, wasSignalled) = try run(
      arguments, in: Repository.root, output: pipe.fileHandleForWriting, errors: errors.handle,
      limit: .seconds(300))
    return CommandResult(
      status: status, wasSignalled: wasSignalled, output: "", errors: try errors.text)
  }

  /// Starts the command, whose output nobody sees.
  func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func run(
    _ arguments: [String], in folder: String, output: FileHandle, errors: FileHandle,
    limit: Duration
  ) throws -> (status: Int32, wasSignalled: Bool) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let seconds = limit / .seconds(1)
    if ended.wait(timeout: .now() + seconds) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
      Issue.record("\(path) \(arguments) ran for more than \(seconds) s")
    }
    return (process.terminationStatus, process.terminationReason == .uncaughtSignal)
  }
}

/// A file without a name that takes what a command prints, however much that is.
private struct OutputFile {
  let handle: FileHandle

  init() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("mnv4-output-\(UUID().uuidString)").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    unlink(path)
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  var text: String {
    get throws {
      try handle.seek(toOffset: 0)
      return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    }
  }
}
