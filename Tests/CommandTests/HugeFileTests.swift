import Foundation
import Testing

/// Files of gigabytes that are none of their kind, given to commands that may have less memory.
@Suite struct HugeFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A sparse file of 12 GiB.
  private func makeFile(_ start: [UInt8]) throws -> String {
    let path = try folder.write(start, to: "huge")
    #expect(truncate(path, 12 << 30) == 0)
    return path
  }

  private func run(_ command: Command, _ arguments: String...) throws -> CommandResult {
    try Command.shell(
      ["-c", "ulimit -v 8000000; exec \"$0\" \"$@\"", command.path] + arguments)
  }

  private func expect(_ result: CommandResult, _ message: String) {
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors == "Error: \(folder("huge")): \(message)\n")
  }

  @Test func modelIsRefusedByItsSignature() throws {
    let path = try makeFile([])
    expect(
      try run(.run, path, Repository.picture),
      "header: signature: expected that of an .mnv4 file, found 00 00 00 00 00 00 00 00")
  }

  @Test func modelIsRefusedByItsLength() throws {
    let model = try TemporaryFolder.bytes(Repository.model)
    let path = try makeFile(model)
    expect(
      try run(.run, path, Repository.picture),
      "bytes follow the end of the model: expected \(model.count) bytes, found \(12 << 30)")
  }

  @Test func arrayIsRefusedByItsLength() throws {
    expect(
      try run(
        .run, Repository.model, "--input-npy", makeFile([]), "--output-npy", folder("out.npy")),
      "expected at most \(4 << 30) bytes, found \(12 << 30)")
  }

  @Test func arrayIsRefusedByItsMagic() throws {
    let path = try makeFile([])
    #expect(truncate(path, 4 << 30) == 0)
    let script = "ulimit -v 4000000; exec \"$0\" \"$@\""
    expect(
      try Command.shell(
        "-c", script, Command.run.path, Repository.model, "--input-npy", path, "--output-npy",
        folder("out.npy")),
      "expected a .npy file, found another beginning")
  }

  @Test(
    arguments: [
      ([], "header: expected '{' as the first byte, found the end"),
      ([1, 0, 0, 0, 0, 0, 0, 0, 0x7A], "header: expected '{' as the first byte, found 'z'"),
      (
        [0, 0, 0, 1, 0, 0, 0, 0, 0x7B],
        "header length: expected at most 4194304 bytes, found 16777216"
      ),
    ] as [([UInt8], String)])
  func checkpointIsRefusedByItsHeader(_ start: [UInt8], _ message: String) throws {
    expect(try run(.convert, makeFile(start), "-o", folder("m.mnv4")), message)
  }

  @Test func textIsRefusedByItsLength() throws {
    expect(
      try run(
        .run, Repository.model, "--validate", folder.path, "--labels", makeFile([])),
      "expected at most \(64 << 20) bytes, found \(12 << 30)")
  }
}
