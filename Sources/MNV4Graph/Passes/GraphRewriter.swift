/// What the passes share: who reads a value, and how a node is merged into the one before it.
struct GraphRewriter {
  private(set) var graph: Graph
  private var useCounts: [Int]
  private var producers: [Int?]
  private var isRemoved: [Bool]
  /// For each value the nodes that read it when the pass began or came to since; some no longer do.
  private var readerIndices: [[Int]]
  /// Constants from this index on were made by this pass, each for one node.
  private let firstOwnConstant: Int
  /// What folding may still compute.
  private(set) var budget: FoldingBudget

  init(_ graph: Graph, budget: FoldingBudget = FoldingBudget(elementCount: 0)) {
    self.graph = graph
    self.budget = budget
    firstOwnConstant = graph.constants.count
    readerIndices = [[Int]](repeating: [], count: graph.values.count)
    useCounts = [Int](repeating: 0, count: graph.values.count)
    producers = [Int?](repeating: nil, count: graph.values.count)
    isRemoved = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs {
        useCounts[input.index] += 1
        readerIndices[input.index].append(index)
      }
      producers[node.output.index] = index
    }
    for output in graph.outputs { useCounts[output.index] += 1 }
  }

  /// The node that computes `value`, if nothing but one operand reads it.
  func soleProducer(of value: ValueID) -> Int? {
    useCounts[value.index] == 1 ? producers[value.index] : nil
  }

  /// Replaces the node at `index` by `operation` on `inputs`, and drops the node at `absorbed`,
  /// which alone fed it.
  mutating func merge(
    _ absorbed: Int, into index: Int, as operation: Operation, inputs: [ValueID]
  ) {
    let name = graph.nodes[absorbed].name
    useCounts[graph.nodes[absorbed].output.index] = 0
    isRemoved[absorbed] = true
    for input in inputs { readerIndices[input.index].append(index) }
    graph.nodes[index] = Node(
      name: name, operation: operation, inputs: inputs, output: graph.nodes[index].output)
  }

  /// The nodes that read `value`, in order.
  func readers(of value: ValueID) -> [Int] {
    Set(readerIndices[value.index])
      .filter { !isRemoved[$0] && graph.nodes[$0].inputs.contains(value) }.sorted()
  }

  /// Replaces the operation of the node at `index`, and what it reads first.
  mutating func replace(_ index: Int, as operation: Operation, input: ValueID) {
    useCounts[graph.nodes[index].inputs[0].index] -= 1
    useCounts[input.index] += 1
    readerIndices[input.index].append(index)
    graph.nodes[index].inputs[0] = input
    graph.nodes[index].operation = operation
  }

  /// Drops the node at `index` if nothing reads its output.
  mutating func removeIfUnread(_ index: Int) {
    let node = graph.nodes[index]
    guard useCounts[node.output.index] == 0 else { return }
    for input in node.inputs { useCounts[input.index] -= 1 }
    isRemoved[index] = true
  }

  /// Whether `count` more elements may be computed; they count as computed then.
  mutating func takeFromBudget(_ count: Int) -> Bool { budget.take(count) }

  /// Adds a constant that takes the place of `old` in one node. One that this pass made itself has no
  /// other reader, so it is not kept.
  mutating func addConstant(_ constant: Constant, replacing old: ConstantID?) -> ConstantID {
    if let old, old.index >= firstOwnConstant {
      graph.constants[old.index] = constant
      return old
    }
    graph.constants.append(constant)
    return ConstantID(graph.constants.count - 1)
  }

  /// The graph without dropped nodes, and without the values and constants that nothing names.
  consuming func finish() -> Graph {
    graph.nodes = zip(graph.nodes, isRemoved).filter { !$1 }.map(\.0)
    return graph.compacted()
  }
}

extension Graph {
  /// The same graph with values and constants renumbered in order of first mention, and those that
  /// nothing mentions left out.
  package func compacted() -> Graph {
    var result = Graph(name: name)
    var valueIDs = [ValueID?](repeating: nil, count: values.count)
    var constantIDs = [ConstantID?](repeating: nil, count: constants.count)

    func renumber(_ id: ValueID) -> ValueID {
      if let known = valueIDs[id.index] { return known }
      result.values.append(self[id])
      let new = ValueID(result.values.count - 1)
      valueIDs[id.index] = new
      return new
    }
    func renumber(_ id: ConstantID) -> ConstantID {
      if let known = constantIDs[id.index] { return known }
      result.constants.append(self[id])
      let new = ConstantID(result.constants.count - 1)
      constantIDs[id.index] = new
      return new
    }

    result.inputs = inputs.map(renumber)
    for node in nodes {
      result.nodes.append(
        Node(
          name: node.name, operation: node.operation.mappingConstants(renumber),
          inputs: node.inputs.map(renumber), output: renumber(node.output)))
    }
    result.outputs = outputs.map(renumber)
    return result
  }
}

extension Operation {
  /// The same operation with every constant renamed.
  package func mappingConstants(_ rename: (ConstantID) -> ConstantID) -> Operation {
    switch self {
    case .convolution(var convolution):
      convolution.weights = rename(convolution.weights)
      convolution.bias = convolution.bias.map(rename)
      return .convolution(convolution)
    case .fullyConnected(var layer):
      layer.weights = rename(layer.weights)
      layer.bias = layer.bias.map(rename)
      return .fullyConnected(layer)
    case .batchNormalization(var normalization):
      normalization.scale = rename(normalization.scale)
      normalization.shift = rename(normalization.shift)
      normalization.mean = rename(normalization.mean)
      normalization.variance = rename(normalization.variance)
      return .batchNormalization(normalization)
    case .channelScale(let scaling):
      return .channelScale(ChannelScale(scale: rename(scaling.scale)))
    case .activation, .add, .multiply, .globalAveragePool, .averagePool, .slice, .concatenation,
      .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize, .dequantize:
      return self
    }
  }
}
