internal import MNV4Graph

/// The section of the graph: its name, values, nodes, inputs and outputs; constants have their own.
enum GraphCoding {
  // MARK: Reading

  static func decode(_ reader: inout ByteReader) throws(FormatError) -> Graph {
    var graph = Graph(name: try reader.text("name", in: 0...FormatLimits.nameByteCount))
    let valueCount = try reader.count(
      UInt32.self, "value count", in: 1...FormatLimits.valueCount,
      minimumByteCount: TensorCoding.minimumByteCount)
    graph.values.reserveCapacity(valueCount)
    for index in 0..<valueCount {
      reader.subject = .item("value", index)
      let tensor = try TensorCoding.decode(&reader)
      graph.values.append(
        Value(
          shape: tensor.shape, elementType: tensor.elementType, quantization: tensor.quantization))
    }
    reader.subject = .section
    // Name, code, attribute byte count, input count, output.
    let nodeCount = try reader.count(
      UInt32.self, "node count", in: 0...FormatLimits.nodeCount, minimumByteCount: 12)
    graph.nodes.reserveCapacity(nodeCount)
    for index in 0..<nodeCount {
      reader.subject = .item("node", index)
      graph.nodes.append(try decodeNode(&reader))
    }
    reader.subject = .section
    graph.inputs = try decodeValues(&reader, "input count", "inputs", limit: 1)
    graph.outputs = try decodeValues(
      &reader, "output count", "outputs", limit: FormatLimits.outputCount)
    try reader.finish()
    return graph
  }

  private static func decodeNode(_ reader: inout ByteReader) throws(FormatError) -> Node {
    let name = try reader.text("name", in: 0...FormatLimits.nameByteCount)
    let operation = try OperationCoding.decode(&reader)
    let inputs = try decodeValues(
      &reader, "input count", "inputs", limit: FormatLimits.inputCount)
    let output = try reader.integer(UInt32.self, "output")
    return Node(name: name, operation: operation, inputs: inputs, output: ValueID(Int(output)))
  }

  private static func decodeValues(
    _ reader: inout ByteReader, _ countField: StaticString, _ field: StaticString, limit: Int
  ) throws(FormatError) -> [ValueID] {
    let count = try reader.count(UInt16.self, countField, in: 1...limit, minimumByteCount: 4)
    return try reader.array(of: UInt32.self, count: count, field) { ValueID(Int($0)) }
  }

  // MARK: Writing

  static func encode(_ graph: Graph, to writer: inout ByteWriter) throws(FormatError) {
    try writer.text(graph.name, "name")
    try writer.integer(graph.values.count, as: UInt32.self, "value count")
    for (index, value) in graph.values.enumerated() {
      writer.subject = "value \(index): "
      try TensorCoding.encode(
        TensorCoding.Description(
          elementType: value.elementType, shape: value.shape, quantization: value.quantization),
        to: &writer)
    }
    writer.subject = ""
    try writer.integer(graph.nodes.count, as: UInt32.self, "node count")
    for (index, node) in graph.nodes.enumerated() {
      writer.subject = "node \(index): "
      try writer.text(node.name, "name")
      try OperationCoding.encode(node.operation, to: &writer)
      try encode(node.inputs, "inputs", to: &writer)
      try writer.integer(node.output.index, as: UInt32.self, "output")
    }
    writer.subject = ""
    try encode(graph.inputs, "inputs", to: &writer)
    try encode(graph.outputs, "outputs", to: &writer)
  }

  private static func encode(
    _ values: [ValueID], _ field: String, to writer: inout ByteWriter
  ) throws(FormatError) {
    try writer.integer(values.count, as: UInt16.self, field)
    for value in values { try writer.integer(value.index, as: UInt32.self, field) }
  }
}
