import Foundation
import MNV4
import Testing

/// `mnv4-quantize` ended from outside: the output is the old file or the new one, whole.
@Suite struct QuantizeInterruptTests {
  private let work: QuantizeFolder
  private var folder: TemporaryFolder { work.folder }

  init() throws { work = try QuantizeFolder(pictureCount: 2) }

  private func expectOldOrNew(hadOld: Bool) throws {
    guard FileManager.default.fileExists(atPath: work.output) else {
      #expect(!hadOld)
      return
    }
    if hadOld, try TemporaryFolder.bytes(work.output) == Array("old".utf8) { return }
    #expect(throws: Never.self) { try Model(contentsOfFile: work.output) }
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGKILL], [false, true]) func atSomeInstants(
    _ signal: Int32, _ hadOld: Bool
  ) throws {
    for milliseconds in [5, 400] {
      try? FileManager.default.removeItem(atPath: work.output)
      if hadOld { try folder.write("old", to: "q.mnv4") }
      let process = try Command.quantize.start(work.arguments)
      usleep(UInt32(milliseconds) * 1_000)
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      try expectOldOrNew(hadOld: hadOld)
      if signal != SIGKILL {
        #expect(try folder.contents.filter { $0.hasSuffix(".tmp") } == [])
      }
    }
  }

  /// As soon as something is being written.
  @Test(arguments: [SIGTERM, SIGKILL]) func whileTheModelIsWritten(_ signal: Int32) throws {
    for attempt in 0..<2 {
      try folder.write("old", to: "q.mnv4")
      let process = try Command.quantize.start(work.arguments)
      while process.isRunning {
        if try folder.contents.contains(where: { $0.hasSuffix(".tmp") }) { break }
        usleep(100)
      }
      if attempt == 1 { usleep(1_000) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      try expectOldOrNew(hadOld: true)
      let left = try folder.contents.filter { $0.hasSuffix(".tmp") }
      if signal == SIGTERM { #expect(left == []) }
      for name in left { unlink(folder(name)) }
    }
  }
}
