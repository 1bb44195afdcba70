import MNV4Core
import MNV4Import
import Testing

/// A file that breaks one rule, and the refusal that is due.
struct BrokenFile: CustomTestStringConvertible, Sendable {
  let bytes: [UInt8]
  let error: SafetensorsError
  /// What the message must say.
  let message: String

  var testDescription: String { "\(error)" }

  init(_ bytes: [UInt8], _ error: SafetensorsError, _ message: String) {
    self.bytes = bytes
    self.error = error
    self.message = message
  }

  /// A broken header with four bytes of data.
  init(_ header: String, _ error: SafetensorsError, _ message: String) {
    self.init(Samples.file(header, data: [1, 2, 3, 4]), error, message)
  }

  /// A header that is not the JSON it must be at byte `offset`.
  init(_ header: String, json place: String, _ offset: Int, _ rule: JSONError.Rule) {
    let error = SafetensorsError.json(place: place, JSONError(rule, at: offset))
    self.init(header, error, "\(place): byte \(offset): expected ")
  }
}

@Suite struct SafetensorsRuleTests {
  private static let limit = SafetensorsFile.maximumHeaderByteCount
  private static let u8 = #"{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#

  private static let frame = [
    BrokenFile([], .lengthTruncated(fileByteCount: 0), "found a file of 0"),
    BrokenFile(
      [2, 0, 0, 0, 0, 0, 0], .lengthTruncated(fileByteCount: 7),
      "header length: expected 8 bytes, found a file of 7"),
    BrokenFile(
      Samples.file("{}", headerLength: 0), .headerStart(nil),
      "header: expected '{' as the first byte, found the end"),
    BrokenFile(
      Samples.file("{}", headerLength: 1),
      .json(place: "header", JSONError(.token(expected: "a string", found: "the end"), at: 1)),
      "header: byte 1: expected a string, found the end"),
    BrokenFile(
      Samples.file("{}", headerLength: 3), .headerTruncated(expected: 3, found: 2),
      "header: expected 3 bytes, found 2 before the file's end"),
    BrokenFile(
      Samples.file("{}", headerLength: UInt64(limit)),
      .headerTruncated(expected: limit, found: 2), "expected 4194304 bytes, found 2"),
    BrokenFile(
      Samples.file("{}", headerLength: 1 << 63), .headerTooLong(byteCount: 1 << 63, limit: limit),
      "header length: expected at most 4194304 bytes, found 9223372036854775808"),
    BrokenFile(
      Samples.file("{}", headerLength: .max), .headerTooLong(byteCount: .max, limit: limit),
      "header length: expected at most 4194304 bytes, found 18446744073709551615"),
    BrokenFile(" {}", .headerStart(0x20), "expected '{' as the first byte, found ' '"),
    BrokenFile("\u{1}{}", .headerStart(1), "expected '{' as the first byte, found byte 0x01"),
  ]

  private static let longName = String(repeating: "n", count: 129)

  private static let keys = [
    BrokenFile(
      #"{"\#(longName)":{}}"#,
      .nameTooLong(place: "header", name: longName, byteCount: 129, limit: 128),
      "header: expected names of at most 128 bytes, found 'nnn"),
    BrokenFile(
      #"{"__metadata__":{"\#(longName)":""}}"#,
      .nameTooLong(place: "__metadata__", name: longName, byteCount: 129, limit: 128),
      "__metadata__: expected names of at most 128 bytes"),
    BrokenFile(
      #"{"a":{"\#(longName)":""}}"#,
      .nameTooLong(place: "tensor 'a'", name: longName, byteCount: 129, limit: 128), "of 129"),
    BrokenFile(
      #"{"a\n":\#(u8),"a\n":\#(u8)}"#, .duplicateTensor("a\n"),
      #"header: expected every tensor once, found 'a\n' again"#),
    BrokenFile(
      #"{"__metadata__":{},"__metadata__":{}}"#, .duplicateTensor("__metadata__"),
      "expected every tensor once, found '__metadata__' again"),
    BrokenFile(
      #"{"__metadata__":{"k":"1","k":"2"}}"#, .duplicateMetadata(key: "k"),
      "__metadata__: expected every key once, found 'k' again"),
    BrokenFile(
      #"{"a":{"dtype":"U8","dtype":"U8"}}"#, .duplicateField(tensor: "a", field: "dtype"),
      "tensor 'a': expected field 'dtype' once, found it again"),
    BrokenFile(
      #"{"a":{"shape":[],"shape":[]}}"#, .duplicateField(tensor: "a", field: "shape"),
      "expected field 'shape' once"),
    BrokenFile(
      #"{"a":{"data_offsets":[],"data_offsets":[0,1]}}"#,
      .duplicateField(tensor: "a", field: "data_offsets"), "expected field 'data_offsets' once"),
    BrokenFile(
      #"{"a":{"stride":[1]}}"#, .unknownField(tensor: "a", field: "stride"),
      "tensor 'a': expected dtype, shape and data_offsets, found 'stride'"),
    BrokenFile(
      #"{"a":{"shape":[4],"data_offsets":[0,4]}}"#, .missingField(tensor: "a", field: "dtype"),
      "tensor 'a': expected field 'dtype', found none"),
    BrokenFile(
      #"{"a":{"dtype":"U8","data_offsets":[0,4]}}"#, .missingField(tensor: "a", field: "shape"),
      "expected field 'shape', found none"),
    BrokenFile(
      #"{"a":{"dtype":"U8","shape":[4]}}"#, .missingField(tensor: "a", field: "data_offsets"),
      "expected field 'data_offsets', found none"),
    BrokenFile(
      #"{"a":{"dtype":"u8"}}"#, .elementType(tensor: "a", found: "u8"),
      "tensor 'a': dtype: expected a type of the format, found 'u8'"),
  ]

  /// A header of one tensor.
  private static func header(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"a":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}}"#
  }

  private static let tensors = [
    BrokenFile(
      header("U8", "4", "0"), .offsetCount(tensor: "a", found: 1),
      "tensor 'a': data_offsets: expected 2 numbers, found 1"),
    BrokenFile(header("U8", "4", "0,4,4"), .offsetCount(tensor: "a", found: 3), "found 3"),
    BrokenFile(
      header("U8", "4", "4,0"), .offsetOrder(tensor: "a", begin: 4, end: 0),
      "tensor 'a': data_offsets: expected an end of at least 4, found 0"),
    BrokenFile(
      header("F32", "4294967296,4294967296", "0,4"),
      .sizeOverflow(tensor: "a", elementType: .float32, shape: [1 << 32, 1 << 32]),
      "tensor 'a': shape: expected a size below 2^63 bits, found 4294967296×4294967296 of F32"),
    BrokenFile(
      header("U8", "9223372036854775807,0", "0,0"),
      .sizeOverflow(tensor: "a", elementType: .uint8, shape: [.max, 0]), "found 92233720368547758"),
    BrokenFile(
      header("F4", "7", "0,4"), .partialByte(tensor: "a", bitCount: 28),
      "tensor 'a': shape: expected whole bytes, found 28 bits"),
    BrokenFile(
      header("U16", "4", "0,4"), .byteCount(tensor: "a", expected: 8, found: 4),
      "tensor 'a': data_offsets: expected 8 bytes for its shape and dtype, found 4"),
    BrokenFile(
      header("F32", "", "0,0"), .byteCount(tensor: "a", expected: 4, found: 0),
      "expected 4 bytes for its shape and dtype, found 0"),
    BrokenFile(
      header("U8", "3", "1,4"), .gap(tensor: "a", begin: 1, previousEnd: 0),
      "tensor 'a': data_offsets: expected to begin at 0, without a gap, found 1"),
    BrokenFile(
      header("U8", "5", "0,5"), .dataTruncated(tensor: "a", end: 5, dataByteCount: 4),
      "tensor 'a': expected data up to byte 5, found 4 bytes before the file's end"),
    BrokenFile(
      header("U8", "9223372036854775800", "0,9223372036854775800"),
      .sizeOverflow(tensor: "a", elementType: .uint8, shape: [9_223_372_036_854_775_800]), "U8"),
    BrokenFile(
      header("U8", "0", "9223372036854775807,9223372036854775807"),
      .gap(tensor: "a", begin: .max, previousEnd: 0), "without a gap"),
    BrokenFile(
      header("U8", "3", "0,3"), .trailingBytes(expected: 3, found: 4),
      "data: expected 3 bytes, the sum of the tensors, found 4"),
    BrokenFile(
      #"{"a":\#(u8),"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      .overlap(tensor: "b", begin: 2, previous: "a", previousEnd: 4),
      "tensor 'b': data_offsets: expected to begin at 4, where 'a' ends, found 2"),
    BrokenFile(
      #"{"b":\#(u8),"a":\#(u8)}"#, .overlap(tensor: "a", begin: 0, previous: "b", previousEnd: 4),
      "where 'b' ends"),
    BrokenFile(
      #"{"a":\#(u8),"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#,
      .overlap(tensor: "b", begin: 2, previous: "a", previousEnd: 4), "found 2"),
  ]

  private static func token(_ expected: String, _ found: String) -> JSONError.Rule {
    .token(expected: expected, found: found)
  }

  private static let json = [
    BrokenFile("{", json: "header", 1, token("a string", "the end")),
    BrokenFile("{}x", json: "header", 2, token("spaces up to the end", "'x'")),
    BrokenFile("{}\n", json: "header", 2, token("spaces up to the end", "byte 0x0a")),
    BrokenFile("{}{}", json: "header", 2, token("spaces up to the end", "'{'")),
    BrokenFile("{a}", json: "header", 1, token("a string", "'a'")),
    BrokenFile(#"{"a"}"#, json: "header", 4, token("':'", "'}'")),
    BrokenFile(#"{"a":1}"#, json: "tensor 'a'", 5, token("an object", "'1'")),
    BrokenFile(#"{"a":null}"#, json: "tensor 'a'", 5, token("an object", "'n'")),
    BrokenFile(
      #"{"__metadata__":{},}"#, json: "header", 19, token("a string", "'}'")),
    BrokenFile(#"{"__metadata__":{} "a"}"#, json: "header", 19, token("',' or '}'", "'\"'")),
    BrokenFile(#"{"__metadata__":null}"#, json: "__metadata__", 16, token("an object", "'n'")),
    BrokenFile(#"{"__metadata__":{"a":1}}"#, json: "__metadata__", 21, token("a string", "'1'")),
    BrokenFile(
      #"{"a":{"dtype":8}}"#, json: "tensor 'a': dtype", 14, token("a string", "'8'")),
    BrokenFile(
      #"{"a":{"shape":4}}"#, json: "tensor 'a': shape", 14, token("an array", "'4'")),
    BrokenFile(
      #"{"a":{"shape":["4"]}}"#, json: "tensor 'a': shape", 15, token("a whole number", "'\"'")),
    BrokenFile(
      #"{"a":{"shape":[4,]}}"#, json: "tensor 'a': shape", 17, token("a whole number", "']'")),
    BrokenFile(
      #"{"a":{"shape":[4 4]}}"#, json: "tensor 'a': shape", 17, token("',' or ']'", "'4'")),
    BrokenFile(#"{"a":{"shape":[-1]}}"#, json: "tensor 'a': shape", 15, .integerForm),
    BrokenFile(#"{"a":{"shape":[1.0]}}"#, json: "tensor 'a': shape", 15, .integerForm),
    BrokenFile(#"{"a":{"shape":[1e3]}}"#, json: "tensor 'a': shape", 15, .integerForm),
    BrokenFile(#"{"a":{"shape":[01]}}"#, json: "tensor 'a': shape", 15, .integerForm),
    BrokenFile(
      #"{"a":{"shape":[9223372036854775808]}}"#, json: "tensor 'a': shape", 15, .integerTooLarge),
    BrokenFile(#"{"a\x":1}"#, json: "header", 3, .escape),
    BrokenFile(#"{"\u12g4":1}"#, json: "header", 2, .escape),
    BrokenFile(#"{"\ud800":1}"#, json: "header", 2, .escape),
    BrokenFile(#"{"\ud800\u0041":1}"#, json: "header", 2, .escape),
    BrokenFile(#"{"\udc00":1}"#, json: "header", 2, .escape),
    BrokenFile("{\"a\n\":1}", json: "header", 3, .controlCharacter(10)),
  ]

  @Test(arguments: frame + keys + tensors + json)
  func brokenRuleIsNamed(file: BrokenFile) throws {
    #expect(throws: file.error) { try Samples.read(file.bytes) }
    #expect("\(file.error)".contains(file.message), "\(file.error)")
  }

  @Test(arguments: [
    [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80],
  ])
  func textThatIsNotUTF8IsRefused(bytes: [UInt8]) {
    let header = Array(#"{""#.utf8) + bytes + Array(#"":1}"#.utf8)
    let error = SafetensorsError.json(place: "header", JSONError(.utf8, at: 2))
    #expect(throws: error) { try Samples.read(Samples.file(header)) }
  }

  @Test(arguments: ["{", "[", #"{"a":"#, #"{"a":["#, #"{"__metadata__":"#, #"{"a":{"shape":["#])
  func deepNestingIsRefused(opening: String) {
    let header = String(repeating: opening, count: 10_000)
    #expect(throws: SafetensorsError.self) { try Samples.read(Samples.file(header)) }
  }

  /// Runs of combining marks, which take Unicode's normalization a time that grows with the square
  /// of their length, in every place that holds a string: two million of them must not be sorted.
  @Test(arguments: [
    #"{"MARKS":{}}"#, #"{"__metadata__":{"MARKS":""}}"#, #"{"a":{"MARKS":1}}"#,
    #"{"a":{"dtype":"MARKS"}}"#,
  ])
  func runsOfCombiningMarksAreRefused(template: String) throws {
    let marks = "a" + String(repeating: "\u{301}\u{327}", count: 1_000_000)
    let parts = template.split(separator: "MARKS")
    let header = Array(parts[0].utf8) + Array(marks.utf8) + Array(parts[1].utf8)
    let error = #expect(throws: SafetensorsError.self) { try Samples.read(Samples.file(header)) }
    #expect(error.map { "\($0)".utf8.count < 1000 } == true)
  }

  @Test func namesAreQuotedSafely() {
    let error = SafetensorsError.duplicateTensor(
      "\u{1B}[2J'\u{202E}" + String(repeating: "n", count: 1 << 20))
    #expect(
      "\(error)".hasPrefix(
        #"header: expected every tensor once, found '\u{1B}[2J\'\u{202E}nn"#))
    #expect("\(error)".count < 200)
  }
}
