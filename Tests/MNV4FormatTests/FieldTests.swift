import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

/// One field at a time of a file whose checksums are right.
@Suite("Fields that hold what they must not")
struct FieldTests {
  private func expectRefusal(
    _ text: String, _ location: SourceLocation = #_sourceLocation,
    _ change: (inout Handmade) -> Void
  ) throws {
    var handmade = Handmade()
    change(&handmade)
    try expectRefusal(text, of: handmade.container, location)
  }

  private func expectRefusal(
    _ text: String, of container: Container, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let buffer = try container.file.buffer
    let error = #expect(throws: FormatError.self, sourceLocation: location) {
      try Decoder.decode(buffer)
    }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(text), sourceLocation: location)
  }

  @Test("extents", arguments: [UInt32(0), 1, 7, 1 << 15, 1 << 16, 1 << 31 - 1, 1 << 31, .max])
  func extents(_ extent: UInt32) throws {
    for index in 0..<4 {
      for value in 0..<2 where extent != 1 || index != 0 {
        try expectRefusal("") { $0.values[value].dimensions[index] = extent }
      }
      try expectRefusal("") { $0.constants[0].dimensions[index] = extent }
    }
    try expectRefusal("") { $0.constants[1].dimensions[0] = extent }
  }

  @Test("ranks and products of extents")
  func shapes() throws {
    for rank: UInt8 in [0, 7, 0x80, 0xFF] {
      try expectRefusal("value 0: rank at byte") { $0.values[0].rank = rank }
    }
    try expectRefusal("value 1: shape at byte") { $0.values[1].dimensions = [1, 0, 2, 2] }
    for dimensions: [UInt32] in [
      [1 << 16, 1 << 16], [.max, .max, .max, .max, .max, .max], [1 << 31, 2], [3, 1 << 30],
    ] {
      try expectRefusal("expected at most 2147483648 elements") {
        $0.values[0].dimensions = dimensions
      }
    }
    try expectRefusal("section data: constant 0: elements at byte") {
      $0.constants[0].dimensions = [1 << 31]
    }
  }

  @Test("codes that this reader does not know")
  func codes() throws {
    try expectRefusal("node 0: operation code 57 at byte") { $0.code = 57 }
    try expectRefusal("is unknown: this reader knows 1 to 18") { $0.code = 0 }
    for type: UInt8 in [0, 9, 0x80, 0xFF] {
      try expectRefusal("value 0: element type \(type) at byte") { $0.values[0].type = type }
      try expectRefusal("constant 1: element type \(type) at byte") {
        $0.constants[1].type = type
      }
    }
    try expectRefusal("node 0: activation 8 at byte") {
      $0.attributes = Handmade.convolution(activation: 8)
    }
    try expectRefusal("node 0: residual presence at byte") {
      $0.attributes = Handmade.convolution(hasResidual: 2)
    }
    try expectRefusal("value 0: quantization granularity 3") {
      $0.values[0].quantization = [3]
    }
  }

  @Test("attribute byte counts", arguments: [UInt16(0), 29, 31, .max])
  func attributeByteCounts(_ count: UInt16) throws {
    try expectRefusal("node 0: attribute byte count at byte") { $0.attributeByteCount = count }
  }

  @Test("attributes of a convolution")
  func convolutionAttributes() throws {
    for value: UInt16 in [0, 65, .max] {
      try expectRefusal("node 0 'node': ") {
        $0.attributes = Handmade.convolution(kernel: (value, 3))
      }
      try expectRefusal("node 0 'node': stride height") {
        $0.attributes = Handmade.convolution(stride: (value, 2))
      }
      try expectRefusal("node 0 'node': stride width") {
        $0.attributes = Handmade.convolution(stride: (2, value))
      }
    }
    for value: UInt16 in [3, .max] {
      try expectRefusal("node 0 'node': padding") {
        $0.attributes = Handmade.convolution(padding: [0, 0, 0, value])
      }
    }
    for value: UInt32 in [0, 2, 3, 1 << 31, .max] {
      try expectRefusal("node 0 'node': ") {
        $0.attributes = Handmade.convolution(groups: value)
      }
    }
    for value: UInt32 in [2, 1 << 31, .max - 1] {
      try expectRefusal("weights: expected a constant below 2") {
        $0.attributes = Handmade.convolution(weights: value)
      }
      try expectRefusal("bias: expected a constant below 2") {
        $0.attributes = Handmade.convolution(bias: value)
      }
    }
    try expectRefusal("input count: expected 2, found 1") {
      $0.attributes = Handmade.convolution(hasResidual: 1)
    }
  }

  @Test("wiring")
  func wiring() throws {
    for id: UInt32 in [1, 2, 1 << 31, .max] {
      try expectRefusal("input: expected a value that is defined before") { $0.nodeInputs = [id] }
    }
    try expectRefusal("output: expected a value not defined before") { $0.nodeOutput = 0 }
    try expectRefusal("output: expected a value below 2") { $0.nodeOutput = .max }
    try expectRefusal("graph: input: expected a value below 2") { $0.inputs = [7] }
    try expectRefusal("graph: output: expected a value that is defined") { $0.outputs = [2] }
    try expectRefusal("node 0: input count at byte") { $0.nodeInputs = [] }
    try expectRefusal("node 0: input count at byte") {
      $0.nodeInputs = [UInt32](repeating: 0, count: 65)
    }
    try expectRefusal("input count at byte") { $0.inputs = [] }
    try expectRefusal("input count at byte") { $0.inputs = [0, 0] }
    try expectRefusal("output count at byte") { $0.outputs = [] }
    try expectRefusal("value 2: definition: expected an input or a node's output") {
      $0.values.append(Handmade.Tensor(dimensions: [1]))
    }
  }

  @Test(
    "scales",
    arguments: [0, -0.0, -1, .nan, .infinity, -.infinity, Float.leastNonzeroMagnitude, -1e38]
      as [Float])
  func scales(_ scale: Float) throws {
    try expectRefusal("value 0: quantization at byte") {
      $0.values[0].type = 4
      $0.values[0].quantization = Handmade.perTensor(scale, 0)
    }
    try expectRefusal("constant 0: quantization at byte") {
      $0.constants[0].type = 4
      $0.constants[0].quantization = Handmade.perAxis(0, [1, scale])
    }
  }

  @Test(
    "zero points",
    arguments: [
      (4, -129), (4, 128), (4, .min), (4, .max), (5, -1), (5, 256), (6, -32769), (6, 32768),
      (7, 1), (7, .min),
    ] as [(UInt8, Int32)])
  func zeroPoints(_ type: UInt8, _ zeroPoint: Int32) throws {
    try expectRefusal("value 0: quantization at byte") {
      $0.values[0].type = type
      $0.values[0].quantization = Handmade.perTensor(1, zeroPoint)
    }
  }

  @Test("scales along an axis")
  func axes() throws {
    func expectRefusal(_ text: String, _ record: [UInt8]) throws {
      try self.expectRefusal(text) {
        $0.constants[0].type = 4
        $0.constants[0].quantization = record
      }
    }
    try expectRefusal("expected 2 scales, found 1", Handmade.perAxis(0, [1]))
    try expectRefusal("expected 2 scales, found 3", Handmade.perAxis(0, [1, 1, 1]))
    try expectRefusal("expected an axis from 0 to 3, found 4", Handmade.perAxis(4, [1, 1]))
    try expectRefusal("expected an axis from 0 to 3, found 255", Handmade.perAxis(255, [1, 1]))
    for count: UInt32 in [0, 1 << 31, .max] {
      try expectRefusal("scale count at byte", Handmade.perAxis(0, [1, 1], count: count))
    }
    // Zero points that are all zero have a shorter form, and zero and one are the only flags.
    let zeros = [UInt8](repeating: 0, count: 8)
    var flagged = Handmade.perAxis(0, [1, 1]) + zeros
    flagged[2] = 1
    try expectRefusal("expected 0 where all are zero, found 1", flagged)
    flagged[2] = 2
    try expectRefusal("zero point presence", flagged)
    try self.expectRefusal("expected a quantizable element type, found float32") {
      $0.constants[0].quantization = Handmade.perAxis(0, [1, 1])
    }
  }

  @Test("names")
  func names() throws {
    try expectRefusal("constant 1: name at byte") { $0.constantNames = ["w", "w"] }
    try expectRefusal("name at byte") { $0.name = String(repeating: "x", count: 1025) }
    for text in ["a\u{0}", "\u{1B}[2J", "a\nb", "\u{7F}", "\u{85}"] {
      try expectRefusal("expected text without control characters") { $0.name = text }
    }
    // The same letter composed and decomposed: other bytes, another name.
    var handmade = Handmade()
    handmade.constantNames = ["\u{E9}", "e\u{301}"]
    _ = try Decoder.decode(handmade.container.file.buffer)
  }

  @Test(
    "text that is not UTF-8",
    arguments: [
      [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xE2, 0x82],
    ] as [[UInt8]])
  func utf8(_ bytes: [UInt8]) throws {
    var container = Handmade().container
    var graph: [UInt8] = []
    graph.put(UInt16(bytes.count))
    container[1] = graph + bytes + container[1].dropFirst(2 + "handmade".utf8.count)
    try expectRefusal("name at byte 130: expected UTF-8", of: container)
  }
}
