internal import MNV4Core
internal import MNV4Graph

/// Makes a graph of a file's operators, in their order.
struct TFLiteBuilder {
  /// A padding that the one convolution which reads it will take over.
  struct PendingPad {
    let input: ValueID
    let padding: Padding
  }

  let model: TFLiteModel
  /// Whether integers become the real numbers that they stand for.
  let dequantizes: Bool
  var graph: Graph
  /// By tensor.
  private(set) var values: [ValueID?]
  var pendingPads: [Int: PendingPad] = [:]
  /// Tensors that are constants in another element type: what DEQUANTIZE made of one, by tensor.
  var constantSources: [Int: Int] = [:]
  /// Lists of extents, which are known without computing them.
  var shapeTensors: Set<Int> = []
  /// How many operators read a tensor, and whether it is an output, by tensor.
  let readerCounts: [Int]
  var constants: TFLiteConstants
  var constantNames: Set<String> = []

  var hasDequantizedWeights: Bool { constants.hasDequantized }

  init(_ model: TFLiteModel, name: String, dequantizes: Bool) {
    self.model = model
    self.dequantizes = dequantizes
    graph = Graph(name: name)
    values = Array(repeating: nil, count: model.tensors.count)
    var counts = [Int](repeating: 0, count: model.tensors.count)
    for tensor in model.operators.flatMap(\.inputs).compactMap(\.self) + model.outputs {
      counts[tensor] += 1
    }
    readerCounts = counts
    constants = TFLiteConstants(model)
  }

  mutating func build() throws(TFLiteError) {
    guard model.inputs.count == 1, let input = model.inputs.first else {
      throw .field(
        place: "network", "inputs", expected: "one", found: "\(model.inputs.count)")
    }
    try defineInput(input)
    for step in model.operators { try append(step) }
    for output in model.outputs {
      guard let value = values[output] else {
        throw .field(
          place: place(ofTensor: output), "output", expected: "a computed tensor", found: "none")
      }
      graph.outputs.append(value)
    }
    do { try graph.validate() } catch { throw .graph(error) }
  }

  private mutating func defineInput(_ index: Int) throws(TFLiteError) {
    let tensor = model.tensors[index]
    let place = place(ofTensor: index)
    guard !tensor.isConstant else {
      throw .field(place: place, "input", expected: "a tensor without data", found: "a constant")
    }
    guard tensor.shape.first == 1 else {
      throw .field(
        place: place, "batch", expected: "1",
        found: tensor.shape.first.map { "\($0)" } ?? "a scalar")
    }
    guard !tensor.shapeSignature.dropFirst().contains(where: { $0 < 0 }) else {
      throw .field(
        place: place, "shape_signature", expected: "fixed extents but for the batch",
        found: Shape.describe(tensor.shapeSignature))
    }
    let shape: Shape
    do { shape = try Shape(tensor.shape) } catch { throw TFLiteError(place, .shape(error)) }
    let type = try valueType(ofTensor: index)
    let value = define(shape, type)
    values[index] = value
    graph.inputs.append(value)
  }

  private mutating func append(_ step: TFLiteOperator) throws(TFLiteError) {
    switch step.operation {
    case .convolution(let window): try convolution(step, window)
    case .depthwiseConvolution(let window): try depthwiseConvolution(step, window)
    case .fullyConnected(let activation, let format, let keepsDimensions):
      guard format == 0 else {
        throw .unsupported(place: place(of: step), "weights_format \(format), shuffled weights")
      }
      try fullyConnected(step, activation, keepsDimensions: keepsDimensions)
    case .averagePool(let window): try averagePool(step, window)
    case .add(let activation): try add(step, activation)
    case .multiply(let activation): try multiply(step, activation)
    case .concatenation(let axis, let activation):
      try concatenation(step, axis: axis, activation)
    case .mean(let keepsDimensions): try mean(step, keepsDimensions: keepsDimensions)
    case .softmax(let beta):
      guard beta == 1 else {
        throw .field(place: place(of: step), "beta", expected: "1", found: "\(beta)")
      }
      try function(step, .softmax)
    case .relu: try function(step, .activation(.relu))
    case .relu6: try function(step, .activation(.relu6))
    case .hardSwish: try function(step, .activation(.hardSwish))
    case .logistic: try function(step, .activation(.sigmoid))
    case .pad: try pad(step)
    case .reshape(let newShape): try reshape(step, newShape)
    case .squeeze: try squeeze(step)
    case .quantize: try quantize(step)
    case .dequantize: try dequantize(step)
    case .resizeBilinear(let alignsCorners, let hasHalfPixelCenters):
      try resize(
        step, alignsCorners: alignsCorners, hasHalfPixelCenters: hasHalfPixelCenters)
    case .shape: try shapeArithmetic(step)
    case .other: throw .unsupported(place: place(of: step), "operator \(step.kindName)")
    }
  }

  // MARK: Nodes

  /// Appends an operation whose output is the operator's.
  mutating func append(
    _ step: TFLiteOperator, _ operation: Operation, _ inputs: [ValueID]
  ) throws(TFLiteError) {
    let output = try outputTensor(of: step)
    let value = try append(step, operation, inputs, valueType(ofTensor: output))
    try define(step, output, as: value)
  }

  /// The same, and the activation after it where the operation takes none.
  mutating func append(
    _ step: TFLiteOperator, _ operation: Operation, _ inputs: [ValueID],
    then activation: Activation
  ) throws(TFLiteError) {
    guard activation != .identity else { return try append(step, operation, inputs) }
    let type = try valueType(ofTensor: outputTensor(of: step))
    let value = try append(step, operation, inputs, type)
    try append(step, .activation(activation), [value])
  }

  /// Appends an operation whose output no tensor of the file names.
  mutating func append(
    _ step: TFLiteOperator, _ operation: Operation, _ inputs: [ValueID], _ type: ValueType
  ) throws(TFLiteError) -> ValueID {
    let shape: Shape
    do throws(GraphError.Rule) {
      shape = try ShapeInference.outputShape(
        of: operation, inputs: inputs.map { graph[$0] }, constants: graph.constants)
    } catch {
      throw TFLiteError(place(of: step), error)
    }
    guard graph.nodes.count < Graph.maximumNodeCount else {
      throw .field(
        place: "network", "operators", expected: "at most \(Graph.maximumNodeCount) nodes",
        found: "more")
    }
    let output = define(shape, type)
    graph.nodes.append(
      Node(name: name(of: step), operation: operation, inputs: inputs, output: output))
    return output
  }

  /// Says that `value` is the operator's output; its shape must be what the file says of the tensor.
  mutating func define(
    _ step: TFLiteOperator, _ tensor: Int, as value: ValueID
  ) throws(TFLiteError) {
    guard values[tensor] == nil, !model.tensors[tensor].isConstant,
      constantSources[tensor] == nil, pendingPads[tensor] == nil
    else {
      throw .field(
        place: place(of: step), "output", expected: "a tensor that nothing else computes",
        found: place(ofTensor: tensor))
    }
    let declared = model.tensors[tensor].shape
    guard declared.isEmpty || declared == graph[value].shape.dimensions else {
      throw .field(
        place: place(of: step), "output shape", expected: "\(graph[value].shape)",
        found: Shape.describe(declared))
    }
    values[tensor] = value
  }

  private mutating func define(_ shape: Shape, _ type: ValueType) -> ValueID {
    graph.values.append(
      Value(shape: shape, elementType: type.elementType, quantization: type.quantization))
    return ValueID(graph.values.count - 1)
  }
}
