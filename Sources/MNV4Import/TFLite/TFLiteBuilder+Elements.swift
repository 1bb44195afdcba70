internal import MNV4Core
internal import MNV4Graph

/// Operators that work element by element, or move elements.
extension TFLiteBuilder {
  /// An operation of one input.
  mutating func function(
    _ step: TFLiteOperator, _ operation: Operation
  ) throws(TFLiteError) {
    try requireInputs(1...1, of: step)
    try append(step, operation, [value(0, of: step)])
  }

  // MARK: Arithmetic

  mutating func add(_ step: TFLiteOperator, _ fused: TFLiteActivation) throws(TFLiteError) {
    try requireInputs(2...2, of: step)
    let activation = try activation(fused, of: step)
    if let operand = try constantOperand(of: step) {
      return try add(step, operand, activation)
    }
    try append(
      step, .add(Add(activation: activation)), [value(0, of: step), value(1, of: step)])
  }

  /// One factor may be a number a channel, in either place.
  mutating func multiply(_ step: TFLiteOperator, _ fused: TFLiteActivation) throws(TFLiteError) {
    try requireInputs(2...2, of: step)
    let activation = try activation(fused, of: step)
    if let operand = try constantOperand(of: step) {
      return try multiply(step, operand, activation)
    }
    var inputs = [try value(0, of: step), try value(1, of: step)]
    if graph[inputs[0]].shape.elementCount < graph[inputs[1]].shape.elementCount {
      inputs.swapAt(0, 1)
    }
    try append(step, .multiply(Multiply(activation: activation)), inputs)
  }

  mutating func concatenation(
    _ step: TFLiteOperator, axis: Int, _ fused: TFLiteActivation
  ) throws(TFLiteError) {
    var inputs: [ValueID] = []
    for position in step.inputs.indices { inputs.append(try value(position, of: step)) }
    let rank = inputs.first.map { graph[$0].shape.rank } ?? 0
    guard axis == rank - 1 || axis == -1 else {
      throw .field(
        place: place(of: step), "axis", expected: "\(rank - 1), the last", found: "\(axis)")
    }
    try append(
      step, .concatenation, inputs,
      then: fused == .none ? .identity : activation(fused, of: step))
  }

  // MARK: Element types

  /// From real numbers to integers, or from one scale to another.
  mutating func quantize(_ step: TFLiteOperator) throws(TFLiteError) {
    try requireInputs(1...1, of: step)
    let input = try value(0, of: step)
    let output = try outputTensor(of: step)
    // Checks the type also where it is not used.
    _ = try valueType(ofTensor: output)
    guard model.tensors[output].elementType.isQuantized else {
      throw .field(
        place: place(of: step), "output", expected: "INT8 or UINT8",
        found: model.tensors[output].elementType.name)
    }
    if dequantizes {
      try define(step, output, as: input)
    } else {
      try append(step, .quantize, [input])
    }
  }

  /// Of a constant: the constant itself, converted where it is used.
  mutating func dequantize(_ step: TFLiteOperator) throws(TFLiteError) {
    try requireInputs(1...1, of: step)
    let output = try outputTensor(of: step)
    guard model.tensors[output].elementType == .float32 else {
      throw .field(
        place: place(of: step), "output", expected: "FLOAT32",
        found: model.tensors[output].elementType.name)
    }
    let source = try tensor(0, of: step)
    if isConstant(source) {
      guard values[output] == nil, !isConstant(output) else {
        throw .field(
          place: place(of: step), "output", expected: "a tensor that nothing else computes",
          found: place(ofTensor: output))
      }
      guard model.tensors[source].shape == model.tensors[output].shape else {
        throw .field(
          place: place(of: step), "output shape",
          expected: Shape.describe(model.tensors[source].shape),
          found: Shape.describe(model.tensors[output].shape))
      }
      constantSources[output] = constantSources[source] ?? source
      return
    }
    let input = try value(0, of: step)
    if dequantizes, model.tensors[source].elementType.isQuantized {
      try define(step, output, as: input)
    } else {
      try append(step, .dequantize, [input])
    }
  }

  // MARK: Shapes

  func shape(_ dimensions: [Int], of step: TFLiteOperator) throws(TFLiteError) -> Shape {
    do { return try Shape(dimensions) } catch { throw TFLiteError(place(of: step), .shape(error)) }
  }

  /// The value in another shape, under no name of the file.
  mutating func reshaped(
    _ input: ValueID, to dimensions: [Int], _ step: TFLiteOperator
  ) throws(TFLiteError) -> ValueID {
    let value = graph[input]
    return try append(
      step, .reshape(shape(dimensions, of: step)), [input],
      ValueType(elementType: value.elementType, quantization: value.quantization))
  }

  /// To the shape of the second input if that is constant, else that of the options, else the one
  /// that the file says the output has.
  mutating func reshape(_ step: TFLiteOperator, _ newShape: [Int]?) throws(TFLiteError) {
    try requireInputs(1...2, of: step)
    let input = try value(0, of: step)
    var wanted = newShape
    if let tensor = optionalTensor(1, of: step) {
      wanted =
        shapeTensors.contains(tensor)
        ? nil : try integers(1, of: step, count: 1...Shape.maximumRank)
    }
    let declared = model.tensors[try outputTensor(of: step)].shape
    var dimensions = wanted ?? declared
    let open = dimensions.indices.filter { dimensions[$0] == -1 }
    if open.count == 1 {
      dimensions[open[0]] = 1
      let known = try shape(dimensions, of: step).elementCount
      dimensions[open[0]] = graph[input].shape.elementCount / known
    }
    try append(step, .reshape(shape(dimensions, of: step)), [input])
  }

  mutating func squeeze(_ step: TFLiteOperator) throws(TFLiteError) {
    try requireInputs(1...1, of: step)
    let input = try value(0, of: step)
    let output = model.tensors[try outputTensor(of: step)].shape
    guard output.filter({ $0 != 1 }) == graph[input].shape.dimensions.filter({ $0 != 1 }) else {
      throw .field(
        place: place(of: step), "output shape",
        expected: "that of the input, \(graph[input].shape), without extents of 1",
        found: Shape.describe(output))
    }
    try append(step, .reshape(shape(output, of: step)), [input])
  }

  /// Lists of extents are taken as known: shapes are those that the file states for a batch of one.
  mutating func shapeArithmetic(_ step: TFLiteOperator) throws(TFLiteError) {
    for output in step.outputs {
      let type = model.tensors[output].elementType
      guard type == .int32 || type == .int64 else {
        throw .unsupported(place: place(of: step), "operator \(step.kindName)")
      }
      shapeTensors.insert(output)
    }
  }
}
