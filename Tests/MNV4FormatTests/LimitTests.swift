import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@Suite("Limits and metadata")
struct LimitTests {
  /// What a sound tiny file with another section says.
  private func expectRefusal(
    _ text: String, section: UInt32, _ bytes: [UInt8],
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    var container = try Container(taking: Samples.tiny().encoded)
    container[section] = bytes
    let buffer = try container.file.buffer
    let error = #expect(throws: FormatError.self, sourceLocation: location) {
      try Decoder.decode(buffer)
    }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(text), sourceLocation: location)
  }

  private func count(_ count: UInt32, _ rest: [UInt8] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.put(count)
    return bytes + rest
  }

  @Test("counts beyond the limit or the section", arguments: [1 << 20, 1 << 31, .max] as [UInt32])
  func counts(_ value: UInt32) throws {
    let rest = [UInt8](repeating: 0, count: 1000)
    try expectRefusal("value count at byte", section: 1, [0, 0] + count(value, rest))
    try expectRefusal("constant count at byte", section: 2, count(value, rest))
    try expectRefusal("label count at byte", section: 5, count(value, rest))
    try expectRefusal("entry count at byte", section: 6, count(value, rest))
    // Within the limit, but more than the bytes can hold.
    try expectRefusal(
      "expected at most the 142 that can follow", section: 1, [0, 0] + count(200, rest))
  }

  @Test("labels")
  func labels() throws {
    try expectRefusal("label count at byte", section: 5, count(0))
    try expectRefusal(
      "label count: expected 3, the last extent of the first output, found 2", section: 5,
      count(2, [0, 0, 0, 0]))
    try expectRefusal("label 0: text at byte", section: 5, count(1, [0xFF, 0xFF, 0, 0]))
  }

  @Test("provenance")
  func provenance() throws {
    try expectRefusal("entry count at byte", section: 6, count(0))
    let entry: [UInt8] = [1, 0, 0x61, 0, 0]
    try expectRefusal("entry 1: key at byte", section: 6, count(2, entry + entry))
    try expectRefusal("entry 0: key at byte", section: 6, count(1, [0, 0, 1, 0, 0x61]))
    try expectRefusal("entry 0: value at byte", section: 6, count(1, [1, 0, 0x61, 1, 0, 0x1B]))
  }

  @Test("preprocessing")
  func preprocessing() throws {
    let sound = try Container(taking: Samples.tiny().encoded)[4]
    #expect(sound.count == 36)
    for offset in 0..<3 {
      for value: UInt8 in [0, 4, 0xFF] {
        var bytes = sound
        bytes[offset] = value
        try expectRefusal(" is unknown: this reader knows 1 to ", section: 4, bytes)
      }
    }
    var bytes = sound
    bytes[3] = 1
    try expectRefusal("reserved at byte", section: 4, bytes)
    for value in [0, -1, 0.1, 1.01, .nan, .infinity, Double.leastNonzeroMagnitude] as [Double] {
      bytes = sound
      bytes.set(value.bitPattern, at: 4)
      try expectRefusal("expected a crop fraction", section: 4, bytes)
    }
    for value in [.nan, .infinity, 1e38] as [Float] {
      for offset in stride(from: 12, to: 36, by: 4) {
        bytes = sound
        bytes.set(value.bitPattern, at: offset)
        try expectRefusal("section preprocessing: parameters at byte", section: 4, bytes)
      }
    }
    bytes = sound
    bytes.set(Float(0).bitPattern, at: 24)
    try expectRefusal("expected a standard deviation", section: 4, bytes)
  }

  @Test("preprocessing needs an input of three channels")
  func preprocessingAgreement() throws {
    var model = try Samples.tiny()
    model.graph = try GraphMaker(input: [1, 4, 4, 1], seed: 1).graph
    model.labels = []
    let error = #expect(throws: FormatError.self) { try Encoder.encode(model) }
    #expect(
      error.map { "\($0)" }
        == "section preprocessing: graph input: expected shape N×H×W×3, found 1×4×4×1")
  }

  @Test("the longest chain is read; one node more is refused before any is")
  func chain() throws {
    var maker = try GraphMaker(input: [1, 1, 1, 1], seed: 1)
    for index in 0..<FormatLimits.nodeCount {
      maker.graph.values.append(maker.graph.values[0])
      maker.graph.nodes.append(
        Node(
          name: "", operation: .activation(.relu), inputs: [ValueID(index)],
          output: ValueID(index + 1)))
    }
    let file = try ModelFile(graph: maker.graph).encoded
    #expect(
      try Decoder.decode(file.buffer).graph.nodes.count == FormatLimits.nodeCount)
    var container = Container(taking: file)
    var graph: [UInt8] = [0, 0]
    graph.put(UInt32(100_001))
    container[1] = graph + [UInt8](repeating: 1, count: 100_001 * 30)
    let buffer = try container.file.buffer
    let error = #expect(throws: FormatError.self) { try Decoder.decode(buffer) }
    #expect(
      error.map { "\($0)" }
        == "section graph: value count at byte 130: expected 1 to 8193, found 100001")
  }

  @Test("tables beyond their limit", arguments: [UInt32(1), 2])
  func tables(_ kind: UInt32) throws {
    var container = try Container(taking: Samples.tiny().encoded)
    container[kind] += [UInt8](repeating: 0, count: FormatLimits.tableByteCount)
    let buffer = try container.file.buffer
    let error = #expect(throws: FormatError.self) { try Decoder.decode(buffer) }
    #expect(
      error.map { "\($0)" }?.contains(
        "byte count at byte \(16 + 32 * kind): expected at most 8388608")
        == true)
  }

  @Test("a model that no file can hold is not written")
  func encoderRefusals() throws {
    let sound = try Samples.tiny()
    func expectRefusal(_ text: String, _ change: (inout ModelFile) throws -> Void) throws {
      var model = sound
      try change(&model)
      let error = #expect(throws: FormatError.self) { try Encoder.encode(model) }
      #expect((error.map { "\($0)" } ?? "").contains(text))
    }
    try expectRefusal("label count") { $0.labels.append("fourth") }
    try expectRefusal("label 1: text") { $0.labels[1] = String(repeating: "x", count: 1025) }
    try expectRefusal("label 1: text: byte count: expected 0 to 65535, found 70000") {
      $0.labels[1] = String(repeating: "x", count: 70_000)
    }
    try expectRefusal("control characters") { $0.labels[0] = "tench\r" }
    try expectRefusal("entry 1: key") { $0.provenance.entries[1].key = "architecture" }
    try expectRefusal("entry 0: key") { $0.provenance.entries[0].key = "" }
    try expectRefusal("parameters: expected 3 means") { $0.preprocessing?.mean = [1] }
    try expectRefusal("crop fraction") { $0.preprocessing?.cropFraction = .nan }
    try expectRefusal("constant 1: name") { $0.graph.constants[1].name = "stem.weight" }
    try expectRefusal("output: expected a value that is defined") {
      $0.graph.outputs = [ValueID(-1)]
    }
    try expectRefusal("node 0 'node 0'") { $0.graph.nodes[0].inputs = [ValueID(.max)] }
  }
}
