internal import MNV4Core
internal import MNV4Graph

extension Planner {
  /// The most nodes of a step: an inverted bottleneck with two depthwise filters and its residual.
  static let longestChain = 5

  /// The steps of a plan: every node of the graph once, in chains where a backend is estimated to take
  /// less time for the whole than the steps that it replaces. Of chains that have nodes in common those
  /// are taken that save most together.
  func chainsWhereWholesAreFaster(_ graph: Graph) -> [NodeChain] {
    let nodes = graph.nodes
    let estimates = nodes.map { node -> Double in
      if case .reshape = node.operation { return 0 }
      return estimate(StepProblem(node: node, of: graph))
    }
    var forest = ChainForest(readers: graph.chainReaders)
    for run in forest.runs(ofAtMost: Self.longestChain) {
      let whole = estimate(StepProblem(NodeChain(run.map { nodes[$0] }), of: graph))
      let saving = run.reduce(0) { $0 + estimates[$1] } - whole
      if saving > 0 { forest.offer(run, saving: saving) }
    }
    // All that a chain reads is defined before its last node, and nothing else reads what the others
    // give.
    let chains = forest.best()
    let first = Set(chains.values.flatMap { $0.dropLast() })
    return nodes.indices.compactMap { index in
      if let run = chains[index] { return NodeChain(run.map { nodes[$0] }) }
      return first.contains(index) ? nil : NodeChain(nodes[index])
    }
  }
}

/// Nodes whose output one other node alone reads, once, and runs of them: each node leads to one at
/// most, several may lead to the same.
struct ChainForest {
  /// For each node the one that it leads to, a later one.
  private let readers: [Int?]
  /// For each node those that lead to it.
  private let sources: [[Int]]
  /// For each node the runs that end at it and what they save.
  private var offers: [[(saving: Double, run: [Int])]]

  init(readers: [Int?]) {
    var sources = [[Int]](repeating: [], count: readers.count)
    for (node, reader) in readers.enumerated() {
      if let reader { sources[reader].append(node) }
    }
    self.readers = readers
    self.sources = sources
    offers = Array(repeating: [], count: readers.count)
  }

  /// All runs of two nodes and more.
  func runs(ofAtMost length: Int) -> [[Int]] {
    var result: [[Int]] = []
    for start in readers.indices {
      var run = [start]
      while run.count < length, let next = readers[run[run.count - 1]] {
        run.append(next)
        result.append(run)
      }
    }
    return result
  }

  /// - Parameter saving: above 0.
  mutating func offer(_ run: [Int], saving: Double) {
    offers[run[run.count - 1]].append((saving, run))
  }

  /// Of what was offered, runs without a common node that save most, by their last nodes.
  func best() -> [Int: [Int]] {
    // What can be saved among a node and all that leads to it, and the run that ends at it for that.
    var savings = [Double](repeating: 0, count: readers.count)
    var choices = [[Int]?](repeating: nil, count: readers.count)
    for node in readers.indices {
      savings[node] = saving(beside: [node], savings)
      for (saving, run) in offers[node] {
        let total = saving + self.saving(beside: run, savings)
        if total > savings[node] { (savings[node], choices[node]) = (total, run) }
      }
    }
    var result: [Int: [Int]] = [:]
    var open = readers.indices.filter { readers[$0] == nil }
    while let node = open.popLast() {
      let run = choices[node] ?? [node]
      result[node] = choices[node]
      for member in run { open += sources[member].filter { !run.contains($0) } }
    }
    return result
  }

  /// Of what leads to the members of a run, none of them a member.
  private func saving(beside run: [Int], _ savings: [Double]) -> Double {
    run.reduce(0) { total, member in
      sources[member].reduce(total) { run.contains($1) ? $0 : $0 + savings[$1] }
    }
  }
}

extension Graph {
  /// For each node the one that alone reads, once, what it gives, where backends may know both in
  /// chains, and both compute in one element type, so that a step has one.
  fileprivate var chainReaders: [Int?] {
    let readers = soleReaders
    return nodes.map { node in
      guard let next = readers[node.output.index], node.operation.joinsChains,
        nodes[next].operation.joinsChains,
        self[node.inputs[0]].elementType == self[node.output].elementType
      else { return nil }
      return next
    }
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
