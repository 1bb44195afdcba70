import MNV4Core
import MNV4Graph

/// A seeded chain of layers in a graph of its own, with the elements of its operands.
struct ChainProblem: CustomStringConvertible {
  /// What networks have, and what only their parts are.
  enum Kind: CaseIterable {
    case invertedBottleneck, depthwiseSeparable, sandglass, extraDepthwise, fused, strided
    case layerAndAddition, depthwiseAndAddition, expansion
  }

  let graph: Graph
  let chain: NodeChain
  /// Of what the chain reads.
  private(set) var elements: [ValueID: [UInt8]] = [:]

  let type: ElementType

  init(_ kind: Kind, _ type: ElementType, random: inout SeededRandom) throws {
    self.type = type
    var builder = ChainBuilder(type: type)
    let size = [
      random.oneIn(3) ? 2 : 1, random.int(3...15), random.int((kind == .strided ? 3 : 1)...12),
    ]
    var channels = random.oneIn(6) ? random.int(60...140) : random.int(2...40)
    var expanded = random.oneIn(6) ? random.int(60...140) : random.int(2...40)
    var outputs = random.oneIn(3) ? channels : random.int(1...40)
    // So many of the output that tiles are wide.
    if kind == .layerAndAddition, random.oneIn(3) {
      channels = random.int(2...200)
      outputs = random.int(33...170)
    }
    // Whole groups of channels, of which there may be any number.
    if kind == .invertedBottleneck, random.oneIn(4) { expanded = 64 * random.int(1...3) }
    try builder.begin(size + [channels], random: &random)
    switch kind {
    case .invertedBottleneck:
      try builder.convolution(expanded, random: &random)
      try builder.depthwise(random: &random)
      try builder.convolution(outputs, random: &random)
    case .depthwiseSeparable:
      try builder.depthwise(random: &random)
      try builder.convolution(outputs, random: &random)
    case .sandglass:
      try builder.depthwise(random: &random)
      try builder.convolution(outputs, random: &random)
      try builder.convolution(expanded, random: &random)
      try builder.depthwise(random: &random)
    case .extraDepthwise:
      try builder.depthwise(random: &random)
      try builder.convolution(expanded, random: &random)
      try builder.depthwise(random: &random)
      try builder.convolution(outputs, random: &random)
    case .fused:
      try builder.convolution(random.int(2...12), kernel: 3, random: &random)
      try builder.convolution(outputs, random: &random)
    case .strided:
      try builder.convolution(expanded, stride: 2, random: &random)
      try builder.convolution(outputs, kernel: 2, stride: 3, random: &random)
    case .layerAndAddition:
      let groups = random.oneIn(3) && channels % 2 == 0 ? 2 : 1
      try builder.convolution(
        outputs * groups, kernel: random.oneIn(3) ? 3 : 1, groups: groups, random: &random)
    case .expansion:
      try builder.convolution(expanded, random: &random)
      try builder.depthwise(random: &random)
    case .depthwiseAndAddition:
      try builder.depthwise(random: &random)
      try builder.convolution(channels, random: &random)
      try builder.depthwise(random: &random)
    }
    let mustAdd = kind == .layerAndAddition || kind == .depthwiseAndAddition
    if mustAdd || (kind != .expansion && random.bool()) { try builder.addResidual(random: &random) }
    graph = try builder.finish()
    chain = NodeChain(builder.chainNodes)
    for id in Set(chain.inputs) { elements[id] = random.elements(graph[id]) }
  }

  /// Pointwise layers of float32 that are large enough to be made of sums of their quarters.
  init(largeWithWidth width: Int, random: inout SeededRandom) throws {
    type = .float32
    var builder = ChainBuilder(type: type, activations: [.identity, .relu, .relu6])
    try builder.begin([random.oneIn(3) ? 2 : 1, 16, width, 96], random: &random)
    try builder.convolution(128, random: &random)
    try builder.convolution(128, kernel: 3, groups: 128, random: &random)
    try builder.convolution(96, random: &random)
    try builder.addResidual(ofAllChannels: true, random: &random)
    graph = try builder.finish()
    chain = NodeChain(builder.chainNodes)
    for id in Set(chain.inputs) { elements[id] = random.elements(graph[id]) }
  }

  /// Strided layers of float32 with as many channels as are made of combinations of their input; rows of
  /// any number, of which calls meet the first and the second of a pair.
  init(stridedWithHeight height: Int, random: inout SeededRandom) throws {
    type = .float32
    var builder = ChainBuilder(type: type, activations: [.identity, .relu, .relu6])
    try builder.begin([random.oneIn(3) ? 2 : 1, height, 62, 24], random: &random)
    try builder.convolution(64, kernel: 3, stride: 2, random: &random)
    try builder.convolution(64, kernel: 3, groups: 64, random: &random)
    try builder.convolution(96, kernel: 3, stride: 2, random: &random)
    try builder.convolution(20, random: &random)
    graph = try builder.finish()
    chain = NodeChain(builder.chainNodes)
    for id in Set(chain.inputs) { elements[id] = random.elements(graph[id]) }
  }

  var step: StepProblem { StepProblem(chain, of: graph) }

  /// The steps of the chain's operations, one after the other.
  var steps: [NodeChain] { chain.nodes.map { NodeChain($0) } }

  var description: String {
    "\(step.inputs.map(\.shape)) \(type): \(chain.nodes.map(\.operation))"
  }
}

extension SeededRandom {
  fileprivate mutating func elements(_ value: Value) -> [UInt8] {
    guard value.elementType == .float32 else {
      return (0..<value.byteCount).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
    return [UInt8](floats: floats(value.shape.elementCount))
  }
}

/// Draws a chain layer by layer.
private struct ChainBuilder {
  let type: ElementType
  /// Of float32 layers.
  let activations: [Activation]
  private(set) var chainNodes: [Node] = []
  private var values: [Value] = []
  private var constants: [Constant] = []
  /// Values that the chain reads: the first layer's input, and what is added.
  private var operands: [Int] = []
  private var current = 0

  init(type: ElementType, activations: [Activation] = Activation.allCases) {
    self.type = type
    self.activations = activations
  }

  mutating func begin(_ shape: [Int], random: inout SeededRandom) throws {
    operands = [0]
    values = [try value(shape, scale: random.power(-6 ... -3), random: &random)]
  }

  private func value(
    _ shape: [Int], scale: Float, random: inout SeededRandom
  ) throws -> Value {
    try (type == .float32 ? .float : random.form(type, scale: scale)).value(try Shape(shape))
  }

  private func activation(_ random: inout SeededRandom) -> Activation {
    guard type == .float32 else { return random.clamp() }
    return activations[random.int(0...activations.count - 1)]
  }

  mutating func depthwise(random: inout SeededRandom) throws {
    let channels = values[current].shape.last
    try convolution(
      channels, kernel: [3, 5, 7][random.int(0...2)], stride: random.int(1...2), groups: channels,
      random: &random)
  }

  mutating func convolution(
    _ outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, random: inout SeededRandom
  ) throws {
    let input = values[current]
    let size = Extent(kernel, kernel)
    let shape = [outputs, kernel, kernel, input.shape.last / groups]
    let depth = Float(shape.dropFirst().reduce(1, *))
    let scale = random.power(-9 ... -7)
    let weights = try constant(shape, scale: scale, random: &random)
    var convolution = Convolution(
      weights: weights, bias: random.bool() ? try bias(outputs, random: &random) : nil,
      kernel: size, stride: Extent(stride, stride), padding: .symmetric(kernel: size),
      groups: groups, activation: activation(&random))
    if random.oneIn(3), input.shape[1] >= kernel, input.shape[2] >= kernel {
      convolution.padding = .same(
        inputHeight: input.shape[1], inputWidth: input.shape[2], kernel: size,
        stride: convolution.stride)
    }
    try append(
      .convolution(convolution), [current],
      scale: input.elementType == .float32 ? 1 : input.scale * scale * depth.squareRoot() * 60,
      random: &random)
  }

  /// Adds the first layer's input where it fits, or a value of its own, to all or the first channels:
  /// within the last layer in float32, as an operation in integers.
  mutating func addResidual(
    ofAllChannels isWhole: Bool = false, random: inout SeededRandom
  ) throws {
    let output = values[current]
    var addend = 0
    if values[0].shape != output.shape || random.bool() {
      addend = values.count
      operands.append(addend)
      let scale = type == .float32 ? 1 : output.scale * random.power(-2...1)
      values.append(try value(output.shape.dimensions, scale: scale, random: &random))
    }
    let count = !isWhole && random.bool() ? random.int(1...output.shape.last) : nil
    guard type != .float32 else {
      guard case .convolution(var last) = chainNodes[chainNodes.count - 1].operation else { return }
      last.residual = count.map { .channels($0) } ?? .whole
      chainNodes[chainNodes.count - 1].operation = .convolution(last)
      chainNodes[chainNodes.count - 1].inputs.append(ValueID(addend))
      return
    }
    let isFirst = count != nil || random.bool()
    try append(
      .add(Add(channelCount: count, activation: activation(&random))),
      isFirst ? [current, addend] : [addend, current],
      scale: max(output.scale, values[addend].scale) * Float.random(in: 0.7...2, using: &random),
      random: &random)
  }

  private mutating func append(
    _ operation: Operation, _ inputs: [Int], scale: Float, random: inout SeededRandom
  ) throws {
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: inputs.map { values[$0] }, constants: constants)
    values.append(try value(shape.dimensions, scale: scale, random: &random))
    current = values.count - 1
    chainNodes.append(
      Node(
        name: "n\(chainNodes.count)", operation: operation, inputs: inputs.map { ValueID($0) },
        output: ValueID(current)))
  }

  private mutating func constant(
    _ shape: [Int], scale: Float, random: inout SeededRandom
  ) throws -> ConstantID {
    let count = shape.reduce(1, *)
    let bound = 2 / Float(count / shape[0]).squareRoot()
    let constant =
      type == .float32
      ? ProblemConstant(
        shape: shape, type: type,
        bytes: [UInt8](floats: random.floats(count, in: -bound...bound)))
      : ProblemConstant(
        shape: shape, type: type,
        scales: type == .int8 && random.bool()
          ? (0..<shape[0]).map { _ in scale * Float.random(in: 0.5...2, using: &random) } : [scale],
        zeroPoint: type == .uint8 ? random.int(100...150) : 0,
        bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    constants.append(try constant.constant())
    return ConstantID(constants.count - 1)
  }

  private mutating func bias(_ count: Int, random: inout SeededRandom) throws -> ConstantID {
    let bytes =
      type == .float32
      ? [UInt8](floats: random.floats(count))
      : (0..<count).flatMap { _ in
        let term = Int32(random.int(-4000...4000))
        return (0..<4).map { UInt8(truncatingIfNeeded: term >> (8 * Int32($0))) }
      }
    let type: ElementType = type == .float32 ? .float32 : .int32
    constants.append(
      try ProblemConstant(shape: [count], type: type, bytes: bytes).constant())
    return ConstantID(constants.count - 1)
  }

  /// The graph, valid, in which nodes make the operands from its one input; renumbers the chain.
  mutating func finish() throws -> Graph {
    var graph = Graph(name: "chain", constants: constants)
    let sources = try IntegerProblem.addOperands(operands.map { values[$0] }, to: &graph)
    var place = Dictionary(uniqueKeysWithValues: zip(operands, sources))
    for index in values.indices where place[index] == nil {
      place[index] = ValueID(graph.values.count)
      graph.values.append(values[index])
    }
    func renumbered(_ id: ValueID) -> ValueID { place[id.index] ?? id }
    for index in chainNodes.indices {
      chainNodes[index].inputs = chainNodes[index].inputs.map(renumbered)
      chainNodes[index].output = renumbered(chainNodes[index].output)
    }
    graph.nodes += chainNodes
    graph.outputs = [chainNodes[chainNodes.count - 1].output]
    try graph.validate()
    return graph
  }
}
