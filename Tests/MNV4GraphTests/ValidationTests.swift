import MNV4Core
import MNV4Graph
import Testing

@Suite("Validation of graphs")
struct ValidationTests {
  /// input → ReLU → convolution → output.
  private func sound() throws -> Graph {
    Graph(
      name: "sound", values: [try value(1, 5, 5, 3), try value(1, 5, 5, 3), try value(1, 3, 3, 2)],
      constants: [try constant(2, 3, 3, 3)],
      nodes: [
        Node(
          name: "a", operation: .activation(.relu), inputs: [ValueID(0)], output: ValueID(1)),
        Node(
          name: "b", operation: Convolution.filter(3, 3), inputs: [ValueID(1)], output: ValueID(2)),
      ],
      inputs: [ValueID(0)], outputs: [ValueID(2)])
  }

  private func expectRefusal(
    _ description: String, _ location: SourceLocation = #_sourceLocation,
    _ change: (inout Graph) throws -> Void
  ) throws {
    var graph = try sound()
    try change(&graph)
    let error = #expect(throws: GraphError.self, sourceLocation: location) {
      try graph.validate()
    }
    #expect(error.map { "\($0)" } == description, sourceLocation: location)
  }

  @Test("sound graphs pass")
  func soundGraphs() throws {
    try sound().validate()
    var graph = try sound()
    graph.outputs = [ValueID(2), ValueID(1), ValueID(0)]
    try graph.validate()
    try Graph(
      name: "", values: [try value(1)], inputs: [ValueID(0)], outputs: [ValueID(0)]
    ).validate()
  }

  @Test("wiring")
  func wiring() throws {
    try expectRefusal(
      "graph: inputs and outputs: expected one input, one or more outputs, found 0 and 1"
    ) { $0.inputs = [] }
    try expectRefusal(
      "graph: inputs and outputs: expected one input, one or more outputs, found 1 and 0"
    ) { $0.outputs = [] }
    try expectRefusal("graph: input: expected a value below 3, found 3") {
      $0.inputs = [ValueID(3)]
    }
    try expectRefusal("graph: output: expected a value that is defined, found -1") {
      $0.outputs = [ValueID(-1)]
    }
    try expectRefusal("node 0 'a': input: expected a value that is defined before, found 2") {
      $0.nodes[0].inputs = [ValueID(2)]
    }
    try expectRefusal("node 0 'a': input: expected a value that is defined before, found 1") {
      $0.nodes[0].inputs = [ValueID(1)]
    }
    try expectRefusal("node 0 'a': input: expected a value that is defined before, found 9") {
      $0.nodes[0].inputs = [ValueID(9)]
    }
    try expectRefusal("node 1 'b': output: expected a value not defined before, found 1") {
      $0.nodes[1].output = ValueID(1)
    }
    try expectRefusal("node 1 'b': output: expected a value below 3, found -5") {
      $0.nodes[1].output = ValueID(-5)
    }
    try expectRefusal("node 0 'b': input: expected a value that is defined before, found 1") {
      $0.nodes.swapAt(0, 1)
    }
    try expectRefusal("value 3: definition: expected an input or a node's output, found none") {
      $0.values.append(try value(1))
    }
    try expectRefusal("node 0 'a': input count: expected 1, found 0") { $0.nodes[0].inputs = [] }
    try expectRefusal("node 0 'a': output shape: expected 1×5×5×3, found 1×5×5×4") {
      $0.values[1] = try value(1, 5, 5, 4)
    }
    try expectRefusal("graph: node count: expected at most 8192, found 8193") {
      $0.nodes = [Node](repeating: $0.nodes[0], count: 8_193)
    }
  }

  @Test("element types and scales")
  func types() throws {
    try expectRefusal("value 0: quantization: expected a scale for int8, found none") {
      $0.values[0].elementType = .int8
    }
    try expectRefusal(
      "value 0: element type: expected float32, int8 or uint8, found float16"
    ) { $0.values[0].elementType = .float16 }
    try expectRefusal("value 0: quantization: expected none for float32, found scales") {
      $0.values[0].quantization = try value(1, type: .int8).quantization
    }
    try expectRefusal(
      "value 0: quantization: expected one scale for the whole tensor, found axis 3"
    ) {
      $0.values[0].elementType = .int8
      $0.values[0].quantization = try scales(axis: 3, shape: $0.values[0].shape, type: .int8)
    }
    try expectRefusal(
      "node 1 'b': element types: expected float32 throughout, found float32 → int8"
    ) { $0.values[2] = try value(1, 3, 3, 2, type: .int8) }
    try expectRefusal(
      "node 0 'a': element types: expected float32 throughout, or int8, or uint8, "
        + "found uint8 → float32"
    ) {
      $0.values[0] = try value(1, 5, 5, 3, type: .uint8)
    }
    try expectRefusal("value 0: element type: expected float32, int8 or uint8, found int16") {
      $0.values[0] = try value(1, 5, 5, 3, type: .int16)
    }
    try expectRefusal(
      "constant 0 'constant': quantization: expected 4 scales, found 2"
    ) {
      $0.constants[0] = try constant(2, 3, type: .int8, axis: 0)
      $0.constants[0].shape = try shape(4, 3)
    }
  }

  @Test("a reshape keeps type and scale")
  func reshapes() throws {
    let shape = try Shape([1, 64])
    let integers = Value(
      shape: shape, elementType: .int8, quantization: try scales(shape: shape, type: .int8))
    let graph = Graph(
      name: "types", values: [Value(shape: shape), integers],
      nodes: [
        Node(name: "a", operation: .reshape(shape), inputs: [ValueID(0)], output: ValueID(1))
      ],
      inputs: [ValueID(0)], outputs: [ValueID(1)])
    let error = #expect(throws: GraphError.self) { try graph.validate() }
    #expect(
      error.map { "\($0)" }
        == "node 0 'a': element types: expected the input's element type, scale and zero point, "
        + "found float32 → int8")
  }

  @Test("the bytes of a constant")
  func data() throws {
    try expectRefusal("constant 0 'constant': data: expected 220 bytes, found 216") {
      $0.constants[0].shape = try shape(5, 11)
    }
    try expectRefusal(
      "constant 0 'constant': data: expected an offset that is a multiple of 4, found 1"
    ) {
      let buffer = try AlignedBuffer(byteCount: 300)
      $0.constants[0].data = ByteSlice(buffer: buffer, offset: 1, byteCount: 216)
    }
  }

  @Test("work that no machine finishes is refused before a sum of it overflows")
  func work() throws {
    let tall = try value(1, 1 << 15, 1 << 16)
    let square = try value(1, 1 << 15, 1 << 15)
    var graph = Graph(
      name: "", values: [tall], inputs: [ValueID(0)], outputs: [ValueID(0)])
    for index in 0..<40 {
      graph.values.append(square)
      graph.nodes.append(
        Node(
          name: "\(index)", operation: .matrixProduct(MatrixProduct(transposesRight: true)),
          inputs: [ValueID(0), ValueID(0)], output: ValueID(index + 1)))
    }
    // 2^46 each: sixteen reach the limit of 2^50.
    let error = #expect(throws: GraphError.self) { try graph.validate() }
    #expect(error?.place == .node(index: 16, name: "16"))
    graph.nodes.removeLast(24)
    graph.values.removeLast(24)
    try graph.validate()
  }
}
