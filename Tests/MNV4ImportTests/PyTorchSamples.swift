import Foundation
import MNV4Core
import MNV4Import

/// The bytes of PyTorch files, right and wrong, and the way to read them.
enum PyTorchSamples {
  static let fixtureNames = [
    "torch-f32", "torch-f16", "torch-bf16", "torch-f64", "torch-protocol4", "torch-nested",
  ]

  /// A checked-in file that PyTorch wrote.
  static func fixture(_ name: String, _ type: String = "pth") throws -> [UInt8] {
    let url = Bundle.module.url(
      forResource: name, withExtension: type, subdirectory: "Fixtures")
    guard let url else { throw Samples.MissingFixture(name: name) }
    return [UInt8](try Data(contentsOf: url))
  }

  static func read(_ bytes: [UInt8]) throws -> PyTorchFile {
    try PyTorchFile(Samples.buffer(bytes))
  }

  /// A file of that pickle and storage "0", four float32: 0, 1, 2, 3.
  static func file(_ pickle: [UInt8]) -> [UInt8] {
    ZipSample(entries: entries(pickle)).bytes
  }

  static func entries(_ pickle: [UInt8]) -> [ZipSample.Entry] {
    let floats = (0..<4).map { Float($0).bitPattern }
    return [
      .init("w/data.pkl", pickle), .init("w/byteorder", Array("little".utf8)),
      .init("w/data/0", Samples.bytes(floats)), .init("w/version", Array("3\n".utf8)),
    ]
  }
}

/// A ZIP file of stored entries, each field of which a test can change.
struct ZipSample {
  struct Entry {
    var name: [UInt8]
    var data: [UInt8]
    var flags: UInt16 = 0x808
    var method: UInt16 = 0
    /// In the directory.
    var checksum: UInt32
    var byteCount: UInt32
    var storedByteCount: UInt32
    /// Where the directory says that the header begins, past its place.
    var headerShift = 0
    var extra: [UInt8] = []
    var directoryExtra: [UInt8] = []
    // In the header.
    var headerName: [UInt8]
    var headerFlags: UInt16?
    var headerMethod: UInt16 = 0
    var headerByteCount: UInt32 = 0
    // After the bytes.
    var descriptorChecksum: UInt32?
    /// Bytes that belong to nothing, before the header.
    var gap = 0

    init(_ name: String, _ data: [UInt8]) {
      self.name = Array(name.utf8)
      headerName = self.name
      self.data = data
      checksum = ZipSample.checksum(data)
      byteCount = UInt32(data.count)
      storedByteCount = byteCount
    }
  }

  var entries: [Entry]
  var countShift = 0
  var directoryShift = 0
  var directoryByteCountShift = 0
  var comment: [UInt8] = []
  var disk: UInt16 = 0

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      file += [UInt8](repeating: 0, count: entry.gap)
      let offset = file.count + entry.headerShift
      file += Self.fields([0x0403_4B50 as UInt32])
      file += Self.fields(
        [0, entry.headerFlags ?? entry.flags, entry.headerMethod, 0, 0] as [UInt16])
      file += Self.fields([0, entry.headerByteCount, entry.headerByteCount] as [UInt32])
      file += Self.fields([entry.headerName.count, entry.extra.count].map { UInt16($0) })
      file += entry.headerName + entry.extra + entry.data
      if entry.flags & 8 != 0 {
        file += Self.fields([
          0x0807_4B50 as UInt32, entry.descriptorChecksum ?? entry.checksum, entry.byteCount,
          entry.byteCount,
        ])
      }
      directory += Self.fields([0x0201_4B50 as UInt32])
      directory += Self.fields([0, 0, entry.flags, entry.method, 0, 0] as [UInt16])
      directory += Self.fields([entry.checksum, entry.storedByteCount, entry.byteCount])
      directory += Self.fields(
        [entry.name.count, entry.directoryExtra.count, 0, 0, 0].map { UInt16($0) })
      directory += Self.fields([0, UInt32(truncatingIfNeeded: offset)])
      directory += entry.name + entry.directoryExtra
    }
    let start = file.count
    file += directory
    file += Self.fields([0x0605_4B50 as UInt32])
    let count = UInt16(entries.count + countShift)
    file += Self.fields([disk, 0, count, count])
    file += Self.fields([
      UInt32(directory.count + directoryByteCountShift), UInt32(start + directoryShift),
    ])
    return file + Self.fields([UInt16(comment.count)]) + comment
  }

  static func fields<Field: FixedWidthInteger>(_ fields: [Field]) -> [UInt8] {
    Samples.bytes(fields)
  }

  /// CRC-32, a byte at a time.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes { value = (value >> 8) ^ remainders[Int(UInt8(value & 255) ^ byte)] }
    return ~value
  }

  private static let remainders: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      (value >> 1) ^ (value & 1 == 0 ? 0 : 0xEDB8_8320)
    }
  }
}

/// Opcodes of the pickle language as bytes.
enum Pickle {
  static let start: [UInt8] = [0x80, 2]
  static let mark: [UInt8] = Array("(".utf8)
  static let reduce: [UInt8] = Array("R".utf8)
  static let stop: [UInt8] = Array(".".utf8)
  static let emptyTuple: [UInt8] = Array(")".utf8)
  static let emptyDictionary: [UInt8] = Array("}".utf8)
  static let setItem: [UInt8] = Array("s".utf8)

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func text(_ text: String) -> [UInt8] {
    Array("X".utf8) + Samples.bytes([UInt32(text.utf8.count)]) + Array(text.utf8)
  }

  static func int(_ value: Int) -> [UInt8] {
    [0x8A, 8] + Samples.bytes([Int64(value)])
  }

  static func tuple(_ elements: [[UInt8]]) -> [UInt8] {
    mark + elements.flatMap(\.self) + Array("t".utf8)
  }

  static func ints(_ values: [Int]) -> [UInt8] { tuple(values.map(int)) }

  static func storage(_ key: String = "0", type: String = "FloatStorage", count: Int = 4) -> [UInt8]
  {
    tuple([text("storage"), global("torch", type), text(key), text("cpu"), int(count)])
      + Array("Q".utf8)
  }

  static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [4], strides: [Int] = [1]
  ) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2")
      + tuple([
        storage, int(offset), ints(shape), ints(strides), [0x89],
        global("collections", "OrderedDict") + emptyTuple + reduce,
      ]) + reduce
  }

  /// A whole pickle: a dictionary of those values.
  static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
    start + items.reduce(emptyDictionary) { $0 + text($1.0) + $1.1 + setItem } + stop
  }
}
