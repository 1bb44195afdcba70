import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@Suite("Encoding and decoding")
struct RoundTripTests {
  @Test("what is written is read, and written again byte for byte", arguments: 0..<5)
  func samples(_ index: Int) throws {
    var models = [
      try Samples.everyOperation(), try Samples.everyElementType(),
      try Samples.everyIntegerOperation(), try Samples.tiny(),
    ]
    models.append(models[0])
    models[3].provenance = Provenance(
      Provenance.Key.allCases.map { Provenance.Entry(key: $0.rawValue, value: "\($0)") })
    models.append(ModelFile(graph: try GraphMaker(input: [7], seed: 1).graph))
    try check(models[index])
  }

  @Test("random graphs", arguments: UInt64(0)..<200)
  func randomGraph(_ seed: UInt64) throws {
    try check(try Samples.random(seed: seed))
  }

  private func check(_ model: ModelFile) throws {
    let file = try model.encoded
    let decoded = try Decoder.decode(file.buffer)
    #expect(areEqual(model, decoded))
    #expect(try decoded.encoded == file)
  }

  @Test("constants are stretches of the file, each on a 64-byte boundary")
  func constantsAreNotCopied() throws {
    let file = try Encoder.encode(try Samples.everyElementType())
    for constant in try Decoder.decode(file).graph.constants {
      #expect(constant.data.buffer === file)
      #expect(constant.data.offset % 64 == 0)
    }
  }

  @Test("a file put together from the specification is read")
  func handmade() throws {
    let model = try Decoder.decode(Handmade().container.file.buffer)
    #expect(model.graph.name == "handmade")
    #expect(model.graph.values.map(\.shape.dimensions) == [[1, 5, 5, 3], [1, 2, 2, 2]])
    #expect(model.graph.constants.map(\.name) == ["w", "b"])
    guard case .convolution(let convolution) = model.graph.nodes[0].operation else {
      Issue.record("expected a convolution")
      return
    }
    #expect(convolution.stride == Extent(2, 2))
    #expect(convolution.activation == .relu)
    #expect(!convolution.hasResidual)
    #expect(try model.encoded == Handmade().container.file)
  }

  @Test("equal content gives equal bytes")
  func determinism() throws {
    #expect(try Samples.tiny().encoded == Samples.tiny().encoded)
  }

  @Test("provenance by key")
  func provenance() {
    var provenance = Provenance()
    provenance[.sourceSHA256] = "00"
    provenance[.notes] = "a"
    provenance[.notes] = "b"
    #expect(provenance.entries.map(\.key) == ["source-sha256", "notes"])
    #expect(provenance[.notes] == "b")
    provenance[.notes] = nil
    #expect(provenance.entries.count == 1)
  }
}
