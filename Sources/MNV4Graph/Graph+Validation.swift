import MNV4Core

extension Graph {
  package static let maximumNodeCount = 8_192
  /// Of one run, over all nodes: sums of counts never overflow.
  package static let maximumMultiplyAccumulateCount = 1 << 50

  /// Checks that the graph is whole: ids in range, every value defined once and before its use,
  /// shapes as the operations infer them, integers with their scales.
  ///
  /// - Returns: nothing; a graph that passes can be planned without further checks.
  package func validate() throws(GraphError) {
    try checkCounts()
    try checkTensors()
    var isDefined = [Bool](repeating: false, count: values.count)
    var multiplyAccumulateCount = 0
    var integerLayers = IntegerLayers(constants: constants)
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
      let operands = node.inputs.map { self[$0] }
      try checkShape(of: node, operands, at: place)
      do throws(GraphError.Rule) {
        try ElementTypes(inputs: operands, output: self[node.output]).check(node.operation)
        if operands[0].elementType != .float32, let layer = node.operation.layerWeights {
          try integerLayers.check(layer, input: operands[0], output: self[node.output])
        }
      } catch {
        throw GraphError(place, error)
      }
      // At most 2^31 outputs of at most 2^31 products each: the sum cannot overflow before the test.
      multiplyAccumulateCount += node.operation.multiplyAccumulateCount(
        inputs: operands, output: self[node.output])
      guard multiplyAccumulateCount <= Self.maximumMultiplyAccumulateCount else {
        throw GraphError(
          place,
          .field(
            "multiply-accumulate count",
            expected: "at most \(Self.maximumMultiplyAccumulateCount) up to here",
            found: "\(multiplyAccumulateCount)"))
      }
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
      let rule =
        Self.brokenRule(value.elementType, value.quantization)
        ?? Self.brokenRule(value.quantization, shape: value.shape, type: value.elementType)
        ?? value.quantization?.axis.map {
          .field("quantization", expected: "one scale for the whole tensor", found: "axis \($0)")
        }
      if let rule { throw GraphError(.value(index: index), rule) }
    }
    for (index, constant) in constants.enumerated() {
      let rule =
        Self.brokenRule(constant.quantization, shape: constant.shape, type: constant.elementType)
        ?? Self.brokenDataRule(constant)
      if let rule { throw GraphError(.constant(index: index, name: constant.name), rule) }
    }
  }

  /// That the parameters still fit a tensor whose shape or type may have been set after them.
  private static func brokenRule(
    _ quantization: QuantizationParameters?, shape: Shape, type: ElementType
  ) -> GraphError.Rule? {
    guard let quantization else { return nil }
    do throws(QuantizationError) {
      _ = try QuantizationParameters(
        scales: quantization.scales, zeroPoints: quantization.zeroPoints,
        axis: quantization.axis, shape: shape, elementType: type)
      return nil
    } catch {
      return .quantization(error)
    }
  }

  private static func brokenDataRule(_ constant: Constant) -> GraphError.Rule? {
    let size = constant.elementType.byteCount
    let expected = constant.shape.elementCount * size
    if constant.data.byteCount != expected {
      return .field("data", expected: "\(expected) bytes", found: "\(constant.data.byteCount)")
    }
    if constant.data.offset % size != 0 {
      return .field(
        "data", expected: "an offset that is a multiple of \(size)",
        found: "\(constant.data.offset)")
    }
    return nil
  }

  /// A value is float32, or an 8-bit integer with its scale.
  private static func brokenRule(
    _ type: ElementType, _ quantization: QuantizationParameters?
  ) -> GraphError.Rule? {
    switch type {
    case .float32:
      quantization == nil
        ? nil : .field("quantization", expected: "none for float32", found: "scales")
    case .int8, .uint8:
      quantization != nil
        ? nil : .field("quantization", expected: "a scale for \(type)", found: "none")
    case .float16, .bfloat16, .int16, .int32, .int64:
      .field("element type", expected: "float32, int8 or uint8", found: "\(type)")
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

  private func checkShape(
    of node: Node, _ operands: [Value], at place: GraphError.Place
  ) throws(GraphError) {
    let shape: Shape
    do throws(GraphError.Rule) {
      shape = try ShapeInference.outputShape(
        of: node.operation, inputs: operands, constants: constants)
    } catch {
      throw GraphError(place, error)
    }
    guard self[node.output].shape == shape else {
      throw GraphError(
        place, .field("output shape", expected: "\(shape)", found: "\(self[node.output].shape)"))
    }
  }
}
