import MNV4Core
import MNV4Graph
import MNV4Import
import Testing

/// Files that keep the rules, from the reference library and by hand.
@Suite struct SafetensorsFileTests {
  @Test(arguments: Samples.fixtureNames)
  func filesOfTheReferenceLibraryAreRead(name: String) throws {
    let file = try Samples.read(Samples.fixture(name))
    let type = String(name.dropFirst("small-".count))
    #expect(
      file.metadata == ["format": "pt", "note": "\(type) \"quoted\" \\ é 🙂\n"])
    let expected: [String: (shape: [Int], values: [Float])] = [
      "conv_stem.weight": ([2, 3, 2, 2], (0..<24).map { (Float($0) - 12) / 8 }),
      "bn1.weight": ([2], [1.5, -0.25]),
      "bn1.bias": ([2], [0, -0.0]),
      "bn1.running_mean": ([2], [-1, 2]),
      "bn1.running_var": ([2], [name == "small-f16" ? 0x1p-15 : 0x1p-127, 1]),
      "scale": ([], [0.5]),
      "empty": ([0, 4], []),
    ]
    #expect(
      Set(file.tensors.map(\.name)) == Set(expected.keys).union(["bn1.num_batches_tracked"]))
    for (key, (shape, values)) in expected {
      let index = try #require(file.index(of: key))
      #expect(file.tensors[index].name == key)
      #expect(file.tensors[index].shape == shape)
      #expect(file.tensors[index].elementType.rawValue == type.uppercased())
      let floats = try file.floats(at: index)
      #expect(floats.map(\.bitPattern) == values.map(\.bitPattern), "\(key)")
    }
    #expect(file.index(of: "bn1") == nil)
  }

  @Test func tensorsComeByTheirPlaceInTheFile() throws {
    let header =
      #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"# + "\n\t\r"
      + #""a":{"data_offsets":[0,2],"shape":[2,1],"dtype":"BOOL"}, "z":"#
      + #"{"dtype":"I64","shape":[0],"data_offsets":[2,2]}}   "#
    let file = try Samples.read(Samples.file(header, data: [1, 0, 9]))
    #expect(file.tensors.map(\.name) == ["a", "z", "b"])
    let start = 8 + header.utf8.count
    #expect(
      file.tensors.map(\.byteRange) == [
        start..<start + 2, start + 2..<start + 2, start + 2..<start + 3,
      ])
    #expect(file.data(at: 2).withElements(as: UInt8.self) { Array($0) } == [9])
    #expect(file.metadata.isEmpty)
  }

  @Test(arguments: ["{}", "{ }", "{}        ", #"{"__metadata__":{}}"#])
  func fileWithoutTensorsIsRead(header: String) throws {
    #expect(try Samples.read(Samples.file(header)).tensors.isEmpty)
  }

  @Test(arguments: CheckpointElementType.allCases)
  func everyElementTypeIsRecognized(type: CheckpointElementType) throws {
    // Eight elements fill whole bytes in every type: as many as an element has bits.
    let data = [UInt8](repeating: 0, count: type.bitCount)
    let file = try Samples.read(Samples.file(type.rawValue, [8], data: data))
    #expect(file.tensors.map(\.elementType) == [type])
    let weightTypes: Set<CheckpointElementType> = [.float32, .float16, .bfloat16, .float64]
    if weightTypes.contains(type) {
      #expect(try file.floats(at: 0) == [Float](repeating: 0, count: 8))
    } else {
      let refusal = WeightError.elementType(
        key: "w", expected: "F32, F16, BF16 or F64", found: type.rawValue)
      #expect(throws: refusal) { try file.floats(at: 0) }
    }
  }

  @Test func longestHeaderIsRead() throws {
    let limit = SafetensorsFile.maximumHeaderByteCount
    let header = "{}" + String(repeating: " ", count: limit - 2)
    #expect(try Samples.read(Samples.file(header)).tensors.isEmpty)
    #expect(throws: SafetensorsError.headerTooLong(byteCount: UInt64(limit) + 1, limit: limit)) {
      try Samples.read(Samples.file(header + " "))
    }
  }

  @Test(arguments: [
    (#"\u0041\u00e9\u20AC\ud83d\uDE42"#, "Aé€🙂"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#"x\u0000y"#, "x\0y"), ("é🙂", "é🙂"), ("", ""),
  ])
  func escapesAreRead(text: String, expected: String) throws {
    let file = try Samples.read(Samples.file(#"{"__metadata__":{"k":"\#(text)"}}"#))
    #expect(file.metadata["k"].map { Array($0.utf8) } == Array(expected.utf8))
  }
}
