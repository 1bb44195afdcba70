internal import MNV4Core
internal import MNV4Graph

extension Planner {
  /// The most nodes of a step: an inverted bottleneck with two depthwise filters and its residual.
  static let longestChain = 5

  /// The steps of a plan: every node of the graph once, in chains where a backend is estimated to take
  /// less time for the whole than the steps that it replaces. Where two such chains have a node in
  /// common, the one that saves more is taken.
  func chainsWhereWholesAreFaster(_ graph: Graph) -> [NodeChain] {
    let nodes = graph.nodes
    let estimates = nodes.map { node -> Double in
      if case .reshape = node.operation { return 0 }
      return estimate(StepProblem(node: node, of: graph))
    }
    var candidates: [(saving: Double, indices: [Int])] = []
    for run in graph.chains(ofAtMost: Self.longestChain) {
      let whole = estimate(StepProblem(NodeChain(run.map { nodes[$0] }), of: graph))
      let saving = run.reduce(0) { $0 + estimates[$1] } - whole
      if saving > 0 { candidates.append((saving, run)) }
    }
    candidates.sort { ($0.saving, $1.indices[0]) > ($1.saving, $0.indices[0]) }

    var chain: [Int: [Int]] = [:]  // by the last node
    var isTaken = [Bool](repeating: false, count: nodes.count)
    for (_, indices) in candidates where !indices.contains(where: { isTaken[$0] }) {
      for index in indices { isTaken[index] = true }
      chain[indices[indices.count - 1]] = indices
    }
    // All that a chain reads is defined before its last node, and nothing else reads what the others
    // give.
    return nodes.indices.compactMap { index in
      if let indices = chain[index] { return NodeChain(indices.map { nodes[$0] }) }
      return isTaken[index] ? nil : NodeChain(nodes[index])
    }
  }
}

extension Graph {
  /// Runs of two nodes and more, each of which alone reads, once, what the one before gives: indices
  /// into `nodes`. Of operations that backends know in chains.
  fileprivate func chains(ofAtMost length: Int) -> [[Int]] {
    var readerCount = [Int](repeating: 0, count: values.count)
    var reader = [Int](repeating: -1, count: values.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs {
        readerCount[input.index] += 1
        reader[input.index] = index
      }
    }
    for output in outputs { readerCount[output.index] += 1 }
    var result: [[Int]] = []
    for start in nodes.indices where nodes[start].operation.joinsChains {
      var run = [start]
      while run.count < length {
        let output = nodes[run[run.count - 1]].output.index
        guard readerCount[output] == 1, reader[output] >= 0,
          nodes[reader[output]].operation.joinsChains
        else { break }
        run.append(reader[output])
        result.append(run)
      }
    }
    return result
  }
}

extension Operation {
  /// Whether a backend may know it as a part of a chain.
  fileprivate var joinsChains: Bool {
    switch self {
    case .convolution, .fullyConnected, .add: true
    case .batchNormalization, .channelScale, .activation, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      false
    }
  }
}
