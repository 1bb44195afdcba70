import MNV4Core

extension Graph {
  package static let maximumNodeCount = 16_384

  /// Checks that the graph is whole: ids in range, every value defined once and before its use,
  /// shapes as the operations infer them, integers with their scales.
  ///
  /// - Returns: nothing; a graph that passes can be planned without further checks.
  package func validate() throws(GraphError) {
    try checkCounts()
    try checkTensors()
    var isDefined = [Bool](repeating: false, count: values.count)
    for id in inputs {
      try define(id, in: &isDefined, at: .graph, field: "input")
    }
    for (index, node) in nodes.enumerated() {
      let place = GraphError.Place.node(index: index, name: node.name)
      for id in node.inputs {
        guard isDefined.indices.contains(id.index), isDefined[id.index] else {
          throw GraphError(
            place,
            .field("input", expected: "a value that is defined before", found: "\(id.index)"))
        }
      }
      try define(node.output, in: &isDefined, at: place, field: "output")
      try checkShape(of: node, at: place)
    }
    for id in outputs {
      guard isDefined.indices.contains(id.index), isDefined[id.index] else {
        throw GraphError(
          .graph, .field("output", expected: "a value that is defined", found: "\(id.index)"))
      }
    }
    if let undefined = isDefined.firstIndex(of: false) {
      throw GraphError(
        .value(index: undefined),
        .field("definition", expected: "an input or a node's output", found: "none"))
    }
  }

  private func checkCounts() throws(GraphError) {
    guard nodes.count <= Self.maximumNodeCount else {
      throw GraphError(
        .graph,
        .field("node count", expected: "at most \(Self.maximumNodeCount)", found: "\(nodes.count)"))
    }
    guard inputs.count == 1, outputs.count >= 1 else {
      throw GraphError(
        .graph,
        .field(
          "inputs and outputs", expected: "one input, one or more outputs",
          found: "\(inputs.count) and \(outputs.count)"))
    }
  }

  private func checkTensors() throws(GraphError) {
    for (index, value) in values.enumerated() {
      guard let rule = Self.brokenRule(value.elementType, value.quantization) else { continue }
      throw GraphError(.value(index: index), rule)
    }
    for (index, constant) in constants.enumerated() {
      guard constant.elementType == .int32 || constant.quantization != nil,
        let rule = Self.brokenRule(constant.elementType, constant.quantization)
      else { continue }
      throw GraphError(.constant(index: index, name: constant.name), rule)
    }
  }

  /// A value is float32, or an integer with its scales.
  private static func brokenRule(
    _ type: ElementType, _ quantization: QuantizationParameters?
  ) -> GraphError.Rule? {
    switch type {
    case .float32:
      quantization == nil
        ? nil : .field("quantization", expected: "none for float32", found: "scales")
    case .int8, .uint8, .int16, .int32:
      quantization != nil
        ? nil : .field("quantization", expected: "scales for \(type)", found: "none")
    case .float16, .bfloat16, .int64:
      .field("element type", expected: "float32 or an integer of 8 to 32 bits", found: "\(type)")
    }
  }

  private func define(
    _ id: ValueID, in isDefined: inout [Bool], at place: GraphError.Place, field: String
  ) throws(GraphError) {
    guard isDefined.indices.contains(id.index) else {
      throw GraphError(
        place, .field(field, expected: "a value below \(values.count)", found: "\(id.index)"))
    }
    guard !isDefined[id.index] else {
      throw GraphError(
        place,
        .field(field, expected: "a value not defined before", found: "\(id.index)"))
    }
    isDefined[id.index] = true
  }

  private func checkShape(of node: Node, at place: GraphError.Place) throws(GraphError) {
    let shape: Shape
    do throws(GraphError.Rule) {
      shape = try ShapeInference.outputShape(
        of: node.operation, inputs: node.inputs.map { self[$0] }, constants: constants)
    } catch {
      throw GraphError(place, error)
    }
    guard self[node.output].shape == shape else {
      throw GraphError(
        place, .field("output shape", expected: "\(shape)", found: "\(self[node.output].shape)"))
    }
  }
}
