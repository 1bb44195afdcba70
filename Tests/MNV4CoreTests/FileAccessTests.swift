import Foundation
import MNV4Core
import Testing

/// Each test has a folder of its own.
final class FileAccessTests {
  private let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("mnv4-files-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func path(_ name: String) -> String { "\(folder)/\(name)" }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  private func replace(_ name: String, with text: String) throws {
    try Array(text.utf8).withUnsafeBytes { try FileAccess.replace(path(name), with: $0) }
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
  }

  // MARK: Reading

  @Test(arguments: [0, 1, 4_096, 100_001]) func contentsAreWhole(_ byteCount: Int) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(fileURLWithPath: path("a")))
    let buffer = try FileAccess.contents(of: path("a"))
    #expect(buffer.byteCount == byteCount)
    #expect(buffer.withUnsafeBytes { Array($0) } == bytes)
    #expect(UInt(bitPattern: buffer.pointer(as: UInt8.self)) % 64 == 0)
  }

  @Test func whatIsNoRegularFileIsRefused() throws {
    #expect(throws: FileError.notARegularFile) { try FileAccess.contents(of: folder) }
    #expect(throws: FileError.notARegularFile) { try FileAccess.contents(of: "/dev/zero") }
    // Without a writer, a plain open of a FIFO would wait for ever.
    #expect(mkfifo(path("fifo"), 0o600) == 0)
    #expect(throws: FileError.notARegularFile) { try FileAccess.contents(of: path("fifo")) }
    #expect(throws: FileError.system(operation: "open", code: ENOENT)) {
      try FileAccess.contents(of: path("absent"))
    }
    #expect(throws: FileError.system(operation: "open", code: ELOOP)) {
      #expect(symlink(path("loop"), path("loop")) == 0)
      _ = try FileAccess.contents(of: path("loop"))
    }
  }

  @Test func limitIsKept() throws {
    try write("12345", to: "a")
    #expect(try FileAccess.contents(of: path("a"), maximumByteCount: 5).byteCount == 5)
    #expect(throws: FileError.tooLarge(byteCount: 5, limit: 4)) {
      try FileAccess.contents(of: path("a"), maximumByteCount: 4)
    }
  }

  /// A sparse file that claims a terabyte is refused before any memory is asked for.
  @Test func hugeFileIsRefused() throws {
    try write("", to: "huge")
    #expect(truncate(path("huge"), 1 << 40) == 0)
    #expect(throws: FileError.tooLarge(byteCount: 1 << 40, limit: 1 << 36)) {
      try FileAccess.contents(of: path("huge"))
    }
  }

  /// Three gigabytes of which only the beginning is read.
  @Test func refusedBeginningIsAllThatIsRead() throws {
    try write("none of its kind", to: "sparse")
    #expect(truncate(path("sparse"), 3 << 30) == 0)
    var seen: [Int] = []
    let buffer = try FileAccess.contents(of: path("sparse")) { head, fileByteCount in
      seen += [head.count, fileByteCount]
      return head.starts(with: "its kind".utf8)
    }
    #expect(seen == [4_096, 3 << 30])
    #expect(buffer.byteCount == 4_096)
    #expect(buffer.withUnsafeBytes { $0.starts(with: "none of its kind\0".utf8) })
  }

  @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 100_001]) func acceptedFileIsWhole(
    _ byteCount: Int
  ) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(fileURLWithPath: path("a")))
    var head: [UInt8] = []
    let buffer = try FileAccess.contents(of: path("a")) {
      head = Array($0)
      return $1 == byteCount
    }
    #expect(head == Array(bytes.prefix(4_096)))
    #expect(buffer.withUnsafeBytes { Array($0) } == bytes)
  }

  /// What kernels may read behind the bytes is zero, whatever the memory held before.
  @Test(arguments: [0, 1, 63, 64, 1_000]) func paddingIsZero(_ byteCount: Int) throws {
    for _ in 0..<20 {
      let buffer = try AlignedBuffer(byteCount: byteCount, zeroed: false)
      let end = buffer.pointer(at: byteCount, as: UInt8.self)
      let padding = UnsafeBufferPointer(start: end, count: AlignedBuffer.padding)
      withExtendedLifetime(buffer) { #expect(padding.allSatisfy { $0 == 0 }) }
      // For the next buffer to find.
      buffer.unsafeMutableBytes.initializeMemory(as: UInt8.self, repeating: 0xAA)
      _ = withExtendedLifetime(buffer) { memset(end, 0xAA, AlignedBuffer.padding) }
    }
  }

  // MARK: Writing

  @Test func newAndExistingFilesAreWritten() throws {
    try replace("a", with: "first")
    #expect(try text("a") == "first")
    try replace("a", with: "")
    #expect(try text("a") == "")
    #expect(try names == ["a"])
  }

  @Test func linkStaysAndItsFileIsReplaced() throws {
    try write("old", to: "target")
    #expect(symlink("target", path("link")) == 0)
    try replace("link", with: "new")
    #expect(try text("target") == "new")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "target")
    #expect(try names == ["link", "target"])
  }

  @Test func permissionsOfAReplacedFileStay() throws {
    try write("old", to: "a")
    #expect(chmod(path("a"), 0o640) == 0)
    try replace("a", with: "new")
    var status = stat()
    #expect(stat(path("a"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o640)
  }

  @Test func foldersAndFIFOsAreNotReplaced() throws {
    try FileManager.default.createDirectory(
      atPath: path("folder"), withIntermediateDirectories: false)
    #expect(mkfifo(path("fifo"), 0o600) == 0)
    for name in ["folder", "fifo"] {
      #expect(throws: FileError.notARegularFile) { try replace(name, with: "x") }
    }
    #expect(throws: FileError.system(operation: "create", code: ENOENT)) {
      try replace("absent/a", with: "x")
    }
    #expect(try names == ["fifo", "folder"])
  }

  /// A write that fails half way leaves the old file and nothing else.
  @Test func failedWriteKeepsTheOldFile() throws {
    try write("old", to: "a")
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    // The second megabyte lies beyond the array: a page that cannot be read makes write(2) fail.
    let map = mmap(nil, 2 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    defer { munmap(map, 2 << 20) }
    let region = try #require(map)
    #expect(mprotect(region, 1 << 20, PROT_READ | PROT_WRITE) == 0)
    region.copyMemory(from: bytes, byteCount: bytes.count)
    let half = UnsafeRawBufferPointer(start: region, count: 2 << 20)
    #expect(throws: FileError.system(operation: "write", code: EFAULT)) {
      try FileAccess.replace(path("a"), with: half)
    }
    #expect(try text("a") == "old")
    #expect(try names == ["a"])
  }

  // MARK: Folders

  @Test func folderIsListedInOrder() throws {
    for name in ["b", "a", "Z", "é", ".hidden"] { try write("", to: name) }
    try FileManager.default.createDirectory(
      atPath: path("inner"), withIntermediateDirectories: false)
    #expect(symlink("inner", path("link")) == 0)
    #expect(symlink("nowhere", path("dangling")) == 0)
    let entries = try FolderEntry.list(folder)
    #expect(
      entries.map(\.name) == [".hidden", "Z", "a", "b", "dangling", "inner", "link", "é"])
    #expect(entries.filter(\.isFolder).map(\.name) == ["inner", "link"])
  }

  @Test func longNamesAreWhole() throws {
    let name = String(repeating: "n", count: 255)
    try write("", to: name)
    #expect(try FolderEntry.list(folder).map(\.name) == [name])
  }

  @Test func whatIsNoFolderIsNotListed() throws {
    try write("", to: "a")
    #expect(throws: FileError.system(operation: "open", code: ENOTDIR)) {
      try FolderEntry.list(path("a"))
    }
    #expect(throws: FileError.system(operation: "open", code: ENOENT)) {
      try FolderEntry.list(path("absent"))
    }
  }
}
