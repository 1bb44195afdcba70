import MNV4Core
import MNV4Import
import TFLiteSamples
import Testing

/// The frame of a FlatBuffers file, byte by byte: an offset, an identifier, and tables.
@Suite struct FlatBufferTests {
  private func refusal(_ bytes: [UInt8]) throws -> String {
    do {
      _ = try TFLiteImport.network(from: Samples.buffer(bytes), name: "frame")
      return "none"
    } catch TFLiteError.file(let error) {
      return error.description
    }
  }

  /// Offset to byte 12, the identifier, a list of fields at 8, a root table at 12, and more.
  private func file(list: [UInt16], table: [UInt8], _ rest: [UInt8] = []) -> [UInt8] {
    let fields = list.flatMap { FlatBufferValue.bytes(of: $0) }
    let start = 8 + fields.count
    return FlatBufferValue.bytes(of: UInt32(start)) + Array("TFL3".utf8) + fields
      + FlatBufferValue.bytes(of: Int32(fields.count)) + table + rest
  }

  @Test(arguments: [
    ([], "expected a file of 8 to 2147483647 bytes, found 0"),
    ([16, 0, 0, 0, 0x54, 0x46, 0x4C], "expected a file of 8 to 2147483647 bytes, found 7"),
    ([8, 0, 0, 0, 0x54, 0x46, 0x4C, 0x34], "identifier: expected 'TFL3' at byte 4, found 'TFL4'"),
    ([0, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33], "root: expected an offset above 0, found 0"),
    (
      [8, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33],
      "root: expected 4 bytes within the file's 8, found them at 8"
    ),
    (
      [0xFF, 0xFF, 0xFF, 0xFF, 0x54, 0x46, 0x4C, 0x33],
      "root: expected 4 bytes within the file's 8, found them at 4294967295"
    ),
    (
      [4, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33],
      "root table: expected 2 bytes within the file's 8, found them at -860636752"
    ),
  ])
  func heads(_ bytes: [UInt8], _ message: String) throws {
    #expect(try refusal(bytes) == message)
  }

  @Test func listsOfFields() throws {
    #expect(
      try refusal(file(list: [3, 4], table: []))
        == "root table: length of its list of fields: expected an even number from 4, found 3")
    #expect(
      try refusal(file(list: [2, 4], table: [])).hasSuffix("an even number from 4, found 2"))
    #expect(
      try refusal(file(list: [40, 4], table: []))
        == "root table: expected 40 bytes within the file's 16, found them at 8")
    #expect(
      try refusal(file(list: [4, 3], table: []))
        == "root table: length: expected 4 bytes or more, found 3")
    #expect(
      try refusal(file(list: [4, 5], table: []))
        == "root table: expected 5 bytes within the file's 16, found them at 12")
    // The version is absent, which is 0.
    #expect(try refusal(file(list: [4, 4], table: [])) == "version: expected 3, found 0")
  }

  @Test func fields() throws {
    #expect(
      try refusal(file(list: [6, 8, 5], table: [0, 0, 0, 0]))
        == "version: expected 4 bytes within its table's 4 to 8, found them at 5")
    #expect(
      try refusal(file(list: [6, 8, 2], table: [0, 0, 0, 0]))
        == "version: expected 4 bytes within its table's 4 to 8, found them at 2")
    #expect(
      try refusal(file(list: [6, 8, 4], table: [3, 0, 0, 0]))
        == "subgraphs: expected one, found 0")
  }

  /// Version 3, and an offset to a vector of operator codes.
  private func vector(offset: UInt32, _ rest: [UInt8]) -> [UInt8] {
    file(
      list: [8, 12, 4, 8], table: [3, 0, 0, 0] + FlatBufferValue.bytes(of: offset), rest)
  }

  @Test func vectors() throws {
    #expect(
      try refusal(vector(offset: 0, [])) == "operator_codes: expected an offset above 0, found 0")
    #expect(
      try refusal(vector(offset: 4, []))
        == "operator_codes: expected 4 bytes within the file's 28, found them at 28")
    for count: UInt32 in [1, .max] {
      #expect(
        try refusal(vector(offset: 4, FlatBufferValue.bytes(of: count)))
          == "operator_codes: expected at most 0 elements before the file's end, found \(count)")
    }
    #expect(
      try refusal(vector(offset: 4, [1, 0, 0, 0, 0, 0, 0, 0]))
        == "operator_codes[0]: expected an offset above 0, found 0")
    // An operator code that is its own list of fields.
    #expect(
      try refusal(vector(offset: 4, [1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]))
        == "operator_codes[0]: length of its list of fields: expected an even number from 4, "
        + "found 0")
  }

  @Test func strings() throws {
    var sample = TFLiteSample.floatNetwork()
    sample.tensors[0].name = "zzzz"
    var bytes = sample.bytes
    let name = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [4, 0, 0, 0] + Array("zzzz".utf8)) })
    bytes[name + 8] = 1
    #expect(
      try refusal(bytes)
        == "subgraphs[0].tensors[0].name: expected a zero after the text, found none")
    bytes[name + 8] = 0
    bytes[name + 4] = 0xFF
    #expect(
      try refusal(bytes) == "subgraphs[0].tensors[0].name: expected UTF-8, found other bytes")
  }

  /// A vector whose million offsets all name one table.
  @Test func sharedTablesAreCounted() throws {
    let count = 1 << 19
    var rest = FlatBufferValue.bytes(of: UInt32(count))
    for index in 0..<count { rest += FlatBufferValue.bytes(of: UInt32(4 * (count - index) + 4)) }
    // Behind them a list without fields and its table.
    rest += [4, 0, 4, 0, 4, 0, 0, 0]
    #expect(
      try refusal(vector(offset: 4, rest))
        == "operator_codes[262143]: expected at most 262144 tables up to here, found more")
  }

  /// Tables without number of their own that share one long vector.
  @Test func sharedVectorsAreCounted() throws {
    var sample = TFLiteSample.floatNetwork()
    sample.operators = Array(repeating: sample.operators[0], count: 2_000)
    for index in sample.operators.indices {
      sample.operators[index].code = 32
      sample.operators[index].customCode = ""
    }
    let text = String(repeating: "x", count: 100_000)
    sample.operators[1_999].customCode = text
    var bytes = sample.bytes
    // The length of the long text, at the place of each short one.
    let long = try #require(
      bytes.indices.first {
        bytes[$0...].starts(with: FlatBufferValue.bytes(of: UInt32(text.utf8.count)))
      })
    var changed = 0
    for place in stride(from: 0, to: long - 8, by: 4) where changed < 1_999 {
      // The offset of an empty text right behind its table: to zeros.
      let offset = Int(bytes[place]) | Int(bytes[place + 1]) << 8
      guard bytes[place + 2...place + 3].allSatisfy({ $0 == 0 }), (4...24).contains(offset),
        bytes[(place + offset)..<(place + offset + 5)].allSatisfy({ $0 == 0 })
      else { continue }
      bytes.replaceSubrange(
        place..<place + 4, with: FlatBufferValue.bytes(of: UInt32(long - place)))
      changed += 1
    }
    #expect(changed > 100)
    #expect(try refusal(bytes).contains("bytes up to here, found more"))
  }
}
