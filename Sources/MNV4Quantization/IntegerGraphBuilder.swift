import MNV4Core
import MNV4Graph

/// Turns a float32 network into one of integers: every node that has parameters for its operands and
/// is not kept in float, with the conversions between both kinds.
///
/// The network must be the result of `separatingEnds` and `replacingNormalizations`, so that every
/// function, residual and normalization is a node.
struct IntegerGraphBuilder {
  /// The integers of every value that integers may hold.
  let parameters: [ValueID: QuantizationParameters]
  /// By node.
  let layers: [Int: QuantizedLayer]
  /// Nodes that compute in float32.
  let floatNodes: Set<Int>

  /// A network and where it comes from.
  struct Result {
    var graph: Graph
    /// For each of its nodes the node of the float network that it computes; nil for conversions.
    var origins: [Int?]
  }

  private let source: Graph
  private var target: Graph
  private var origins: [Int?] = []
  private var integers: [ValueID: ValueID] = [:]
  private var floats: [ValueID: ValueID] = [:]
  private var constants: [ConstantID: ConstantID] = [:]
  /// Of the constants so far.
  private var names: Set<String> = []
  private let readers: [ValueID: [Int]]

  static func build(
    _ source: Graph, parameters: [ValueID: QuantizationParameters],
    layers: [Int: QuantizedLayer], floatNodes: Set<Int>
  ) throws(QuantizationFailure) -> Result {
    var builder = IntegerGraphBuilder(
      source: source, parameters: parameters, layers: layers, floatNodes: floatNodes)
    try builder.run()
    return Result(graph: builder.target, origins: builder.origins)
  }

  private init(
    source: Graph, parameters: [ValueID: QuantizationParameters], layers: [Int: QuantizedLayer],
    floatNodes: Set<Int>
  ) {
    self.source = source
    self.parameters = parameters
    self.layers = layers
    self.floatNodes = floatNodes
    target = Graph(name: source.name)
    var readers: [ValueID: [Int]] = [:]
    for (index, node) in source.nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(index) }
    }
    self.readers = readers
  }

  private mutating func run() throws(QuantizationFailure) {
    for input in source.inputs {
      let id = define(input, asInteger: !wantsFloat(input))
      target.inputs.append(id)
    }
    for index in source.nodes.indices { try emit(index) }
    for output in source.outputs {
      guard let id = floats[output] ?? integers[output] else { continue }
      target.outputs.append(id)
    }
    do throws(GraphError) { try target.validate() } catch { throw .graph(error) }
  }

  // MARK: Which kind

  /// Whether a node computes with integers.
  private func isInteger(_ index: Int) -> Bool {
    let node = source.nodes[index]
    guard !floatNodes.contains(index), !node.operation.computesOnlyFloat else { return false }
    if case .reshape = node.operation { return integers[node.inputs[0]] != nil }
    return node.inputs.allSatisfy { parameters[$0] != nil }
      && (parameters[node.output] != nil || canEndInFloat(node) && wantsFloat(node.output))
  }

  /// Whether everything that reads a value reads float32.
  private func wantsFloat(_ value: ValueID) -> Bool {
    if parameters[value] == nil { return true }
    return (readers[value] ?? []).allSatisfy { index in
      let node = source.nodes[index]
      if case .reshape = node.operation { return wantsFloat(node.output) }
      return floatNodes.contains(index) || node.operation.readsOnlyFloat
    }
  }

  /// Whether an operation may turn its sums into float32 itself.
  private func canEndInFloat(_ node: Node) -> Bool {
    switch node.operation {
    case .convolution, .fullyConnected, .matrixProduct: true
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      false
    }
  }

  // MARK: Nodes

  private mutating func emit(_ index: Int) throws(QuantizationFailure) {
    let node = source.nodes[index]
    if case .softmax = node.operation {
      let endsInIntegers = !floatNodes.contains(index) && !wantsFloat(node.output)
      return append(
        node, node.operation, try floatInputs(of: node),
        define(node.output, asInteger: endsInIntegers), origin: index)
    }
    guard isInteger(index) else {
      let inputs = try floatInputs(of: node)
      return append(
        node, copyingConstants(of: node.operation), inputs,
        define(node.output, asInteger: false), origin: index)
    }
    let inputs = try integerInputs(of: node)
    let endsInFloat = canEndInFloat(node) && wantsFloat(node.output)
    let operation: Operation
    if let layer = layers[index] {
      operation = try quantized(node, layer, input: target[inputs[0]])
    } else {
      operation = node.operation
    }
    append(node, operation, inputs, define(node.output, asInteger: !endsInFloat), origin: index)
  }

  private mutating func append(
    _ node: Node, _ operation: Operation, _ inputs: [ValueID], _ output: ValueID, origin: Int?
  ) {
    target.nodes.append(
      Node(name: node.name, operation: operation, inputs: inputs, output: output))
    origins.append(origin)
  }

  // MARK: Values

  private mutating func define(_ value: ValueID, asInteger: Bool) -> ValueID {
    let shape = source[value].shape
    let id = ValueID(target.values.count)
    if asInteger {
      target.values.append(
        Value(shape: shape, elementType: .int8, quantization: parameters[value]))
      integers[value] = id
    } else {
      target.values.append(Value(shape: shape))
      floats[value] = id
    }
    return id
  }

  private mutating func floatInputs(of node: Node) throws(QuantizationFailure) -> [ValueID] {
    var result: [ValueID] = []
    for input in node.inputs { result.append(try float(input)) }
    return result
  }

  private mutating func integerInputs(of node: Node) throws(QuantizationFailure) -> [ValueID] {
    var result: [ValueID] = []
    for input in node.inputs { result.append(try integer(input)) }
    return result
  }

  /// The value as float32, converted where it is not.
  private mutating func float(_ value: ValueID) throws(QuantizationFailure) -> ValueID {
    if let known = floats[value] { return known }
    guard let integer = integers[value] else { throw .undefinedValue(value.index) }
    let id = define(value, asInteger: false)
    append(
      Node(name: conversionName(value, "float"), operation: .dequantize, inputs: [], output: id),
      .dequantize, [integer], id, origin: nil)
    return id
  }

  /// The value as integers, converted where it is not.
  private mutating func integer(_ value: ValueID) throws(QuantizationFailure) -> ValueID {
    if let known = integers[value] { return known }
    guard let float = floats[value] else { throw .undefinedValue(value.index) }
    let id = define(value, asInteger: true)
    append(
      Node(name: conversionName(value, "int8"), operation: .quantize, inputs: [], output: id),
      .quantize, [float], id, origin: nil)
    return id
  }

  private func conversionName(_ value: ValueID, _ type: String) -> String {
    let producer = source.nodes.first { $0.output == value }?.name ?? "input"
    return "\(producer).\(type)"
  }

  // MARK: Constants

  private mutating func copyingConstants(of operation: Operation) -> Operation {
    var copied = constants
    // Two layers of one name may have been given biases of one name.
    let result = operation.mappingConstants { id in
      if let known = copied[id] { return known }
      var constant = source[id]
      constant.name = uniqueName(constant.name)
      target.constants.append(constant)
      let new = ConstantID(target.constants.count - 1)
      copied[id] = new
      return new
    }
    constants = copied
    return result
  }

  private mutating func quantized(
    _ node: Node, _ layer: QuantizedLayer, input: Value
  ) throws(QuantizationFailure) -> Operation {
    let old = node.operation.constants
    let weights = source[old[0]]
    let biasName = old.count > 1 ? source[old[1]].name : "\(node.name).bias"
    target.constants.append(
      try layer.weightConstant(
        name: uniqueName(weights.name), shape: weights.shape, layerName: node.name))
    let newWeights = ConstantID(target.constants.count - 1)
    var newBias: ConstantID?
    if !layer.bias.isEmpty {
      target.constants.append(
        try layer.biasConstant(
          name: uniqueName(biasName), inputScale: input.scale, layerName: node.name))
      newBias = ConstantID(target.constants.count - 1)
    }
    return node.operation.replacingLayerWeights(
      LayerWeights(weights: newWeights, bias: newBias))
  }

  /// Two layers may share a constant, and quantize it differently.
  private mutating func uniqueName(_ name: String) -> String {
    var unique = name
    while !names.insert(unique).inserted { unique += "'" }
    return unique
  }
}

extension Operation {
  /// Integers cannot compute it.
  fileprivate var computesOnlyFloat: Bool {
    switch self {
    case .batchNormalization, .channelScale, .quantize, .dequantize: true
    case .convolution, .fullyConnected, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear:
      false
    }
  }

  /// In a quantized network, what it reads is float32.
  fileprivate var readsOnlyFloat: Bool {
    if case .softmax = self { return true }
    return computesOnlyFloat
  }
}
