import MNV4Core
import MNV4Import
import Testing

/// A ZIP file that breaks one rule, and a part of what the error says.
struct BrokenArchive: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let message: String

  init(_ message: String, _ change: (inout ZipSample) -> Void) {
    var archive = ZipSample(
      entries: PyTorchSamples.entries(Pickle.dictionary([("w", Pickle.tensor())])))
    change(&archive)
    bytes = archive.bytes
    self.message = message
    testDescription = message
  }

  init(_ message: String, pickle: [UInt8]) {
    bytes = PyTorchSamples.file(pickle)
    self.message = message
    testDescription = message
  }
}

@Suite struct PyTorchRuleTests {
  private static let frame: [BrokenArchive] = [
    BrokenArchive("ZIP end record: expected in the file's last 22 bytes") { $0.comment = [0] },
    BrokenArchive("ZIP end record: disk number: expected 0, found 1") { $0.disk = 1 },
    BrokenArchive("ZIP directory: size: expected") { $0.countShift = -1 },
    BrokenArchive("ZIP directory entry 4: signature") { $0.countShift = 1 },
    BrokenArchive("ZIP end record: directory: expected bytes that end") {
      $0.directoryByteCountShift = 1
    },
    BrokenArchive("ZIP end record: directory: expected bytes that end") { $0.directoryShift = 1 },
    BrokenArchive("ZIP directory entry 0: signature") {
      $0.directoryShift = 1
      $0.directoryByteCountShift = -1
    },
  ]

  private static let entries: [BrokenArchive] = [
    BrokenArchive("compression method 8 (deflate)") { $0.entries[2].method = 8 },
    BrokenArchive("compression method 14") { $0.entries[2].method = 14 },
    BrokenArchive("expected plain bytes, found encrypted") { $0.entries[1].flags = 1 },
    BrokenArchive("flags: expected bits 3 and 11 alone, found 2080") {
      $0.entries[1].flags = 0x820
    },
    BrokenArchive("expected every entry once, found 'w/data/0' again") {
      $0.entries.append($0.entries[2])
    },
    BrokenArchive("expected to begin at") { $0.entries[3].headerShift = -64 },
    BrokenArchive("entry 'w/data.pkl': expected to begin at 0, without a gap, found 3") {
      $0.entries[0].gap = 3
    },
    BrokenArchive("entry 'w/data/0': expected to begin at") { $0.entries[2].gap = 1 },
    BrokenArchive("stored size: expected 16, found 15") { $0.entries[2].storedByteCount = 15 },
    BrokenArchive("header of entry 'w/data/0': name: expected 'w/data/0', found 'w/data/1'") {
      $0.entries[2].headerName = Array("w/data/1".utf8)
    },
    BrokenArchive("header of entry 'w/data/0': flags") { $0.entries[2].headerFlags = 0 },
    BrokenArchive("header of entry 'w/data/0': compression method: expected 0, found 8") {
      $0.entries[2].headerMethod = 8
    },
    BrokenArchive("header of entry 'w/data/0': size: expected 16, found 17") {
      $0.entries[2].headerByteCount = 17
    },
    BrokenArchive("data descriptor of entry 'w/data/0': CRC-32") {
      $0.entries[2].descriptorChecksum = 1
    },
    BrokenArchive("data descriptor of entry 'w/data/0': signature") {
      $0.entries[2].byteCount = 12
      $0.entries[2].storedByteCount = 12
    },
    BrokenArchive("entry 'w/data/0': expected within the file") {
      $0.entries[2].byteCount = 0xFFFF_FFFE
      $0.entries[2].storedByteCount = 0xFFFF_FFFE
    },
    BrokenArchive("ZIP64 field: expected 8 bytes, found 0") {
      $0.entries[2].byteCount = 0xFFFF_FFFF
    },
    BrokenArchive("ZIP64 field: expected at most") {
      $0.entries[2].byteCount = 0xFFFF_FFFF
      $0.entries[2].directoryExtra = [1, 0, 8, 0] + [UInt8](repeating: 255, count: 8)
    },
    BrokenArchive("extra field: expected within the file") {
      $0.entries[2].extra = [0x46, 0x42, 9, 0]
    },
    BrokenArchive("name length: expected 1 to 256 bytes, found 300") {
      $0.entries[1].name = [UInt8](repeating: 0x61, count: 300)
    },
    BrokenArchive("name: expected UTF-8") { $0.entries[1].name = [0xFF] },
    BrokenArchive("entry 'w/data/0': CRC-32: expected 0x00000001") {
      $0.entries[2].checksum = 1
    },
    BrokenArchive("entry 'w/data.pkl': CRC-32") { $0.entries[0].checksum = 1 },
  ]

  private static let contents: [BrokenArchive] = [
    BrokenArchive("expected an entry 'archive/data.pkl', found none") {
      $0.entries[0] = .init("data.pkl", [])
    },
    BrokenArchive("expected every entry once, found 'v/data.pkl' again") {
      $0.entries.append(.init("v/data.pkl", []))
    },
    BrokenArchive("found a TorchScript program") {
      $0.entries.append(.init("w/constants.pkl", []))
    },
    BrokenArchive("byteorder: expected little, found 'big'") {
      $0.entries[1] = .init("w/byteorder", Array("big".utf8))
    },
    BrokenArchive("entry 'w/byteorder': size: expected at most 64, found 65") {
      $0.entries[1] = .init("w/byteorder", [UInt8](repeating: 0x61, count: 65))
    },
    BrokenArchive("version: expected 1 to 10, found '11'") {
      $0.entries[3] = .init("w/version", Array("11".utf8))
    },
    BrokenArchive("expected an entry 'w/data/0', found none") {
      $0.entries[2] = .init("w/data/1", [])
    },
    BrokenArchive("tensor 'w': storage: expected 16 bytes, found 15") {
      $0.entries[2] = .init("w/data/0", [UInt8](repeating: 0, count: 15))
    },
    BrokenArchive(
      "tensor 'w': storage: expected a size below 2^63 bytes",
      pickle: Pickle.dictionary([
        ("w", Pickle.tensor(Pickle.storage(count: Int.max), shape: [1]))
      ])),
    BrokenArchive(
      "expected a dictionary of tensors, found an int",
      pickle: Pickle.start + Pickle.int(1) + Pickle.stop),
    BrokenArchive(
      "found one with keys 'net', 'epoch'",
      pickle: Pickle.dictionary([("net", Pickle.emptyDictionary), ("epoch", Pickle.int(1))])),
    BrokenArchive("found one with no keys", pickle: Pickle.dictionary([])),
    BrokenArchive(
      "'b': expected a tensor, found an int",
      pickle: Pickle.dictionary([("a", Pickle.tensor()), ("b", Pickle.int(1))])),
    BrokenArchive(
      "expected every key once, found 'a' again",
      pickle: Pickle.dictionary([("a", Pickle.tensor()), ("a", Pickle.tensor())])),
    BrokenArchive(
      "expected every key once, found 'model' again",
      pickle: Pickle.dictionary([
        ("model", Pickle.emptyDictionary), ("model", Pickle.emptyDictionary),
      ])),
    BrokenArchive(
      "expected tensors named by strings, found an int as a name",
      pickle: Pickle.start + Pickle.emptyDictionary + Pickle.int(1) + Pickle.tensor()
        + Pickle.setItem + Pickle.stop),
    BrokenArchive(
      "expected names of at most 128 bytes",
      pickle: Pickle.dictionary([(String(repeating: "é", count: 65), Pickle.tensor())])),
    BrokenArchive(
      "expected names of at most 128 bytes",
      pickle: Pickle.dictionary([
        ("a" + String(repeating: "\u{301}\u{327}", count: 500_000), Pickle.tensor())
      ])),
    BrokenArchive(
      "found bytes that are not UTF-8 as a name",
      pickle: Pickle.start + Pickle.emptyDictionary + [0x58, 1, 0, 0, 0, 0xFF] + Pickle.tensor()
        + Pickle.setItem + Pickle.stop),
  ]

  @Test(arguments: frame + entries + contents)
  func brokenRuleIsNamed(file: BrokenArchive) throws {
    let error = #expect(throws: PyTorchError.self) { try PyTorchSamples.read(file.bytes) }
    let message = error.map { "\($0)" } ?? ""
    #expect(message.contains(file.message), "\(message)")
    #expect(message.utf8.count < 1000)
  }

  /// Other archivers' forms of the same: sizes in the header, no descriptor, names not marked UTF-8.
  @Test func headersWithSizesAreRead() throws {
    var archive = ZipSample(
      entries: PyTorchSamples.entries(Pickle.dictionary([("w", Pickle.tensor())])))
    for index in archive.entries.indices {
      archive.entries[index].headerByteCount = archive.entries[index].byteCount
    }
    #expect(try PyTorchSamples.read(archive.bytes).tensors.count == 1)
  }

  /// The check value of CRC-32, and the sample's own arithmetic.
  @Test func checksumIsThatOfZip() throws {
    #expect(ZipSample.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  /// A thousand tensors of one storage: its checksum is computed once, its bytes are not copied.
  @Test func sharedStorageIsReadOnce() throws {
    let storage = Pickle.storage(count: 1 << 20)
    let items = (0..<1000).map { ("t\($0)", Pickle.tensor(storage, shape: [1])) }
    var entries = PyTorchSamples.entries(Pickle.dictionary(items))
    entries[2] = .init("w/data/0", [UInt8](repeating: 0, count: 4 << 20))
    #expect(try PyTorchSamples.read(ZipSample(entries: entries).bytes).tensors.count == 1000)
  }
}
