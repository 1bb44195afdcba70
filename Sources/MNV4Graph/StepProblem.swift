import MNV4Core

/// One step of a plan as a backend sees it: an operation, its operands, its constants. Or a chain of
/// operations, which a backend runs as a whole or refuses.
package struct StepProblem: Sendable {
  /// One operation of a chain.
  package struct Link: Sendable {
    /// The operation by itself, with the values that it reads and writes.
    package let problem: StepProblem
    /// For each of its operands the number of the step's input; nil for what the operation before
    /// it gives.
    package let operands: [Int?]

    /// Which operand is what the operation before it gives; nil of the first link.
    package var carried: Int? { operands.firstIndex(of: nil) }
    /// The step's input that is an operand too, the first where there are several.
    package var addend: Int? { operands.compactMap(\.self).first }
  }

  package let name: String
  /// Of a chain the first.
  package let operation: Operation
  package let inputs: [Value]
  package let output: Value
  /// Of a softmax, whether its graph holds integers: then it gives the same bits in every backend,
  /// those of `docs/quantization.md`.
  package let isReproducible: Bool
  /// The operations of a chain, two or more; empty for a step of one.
  package let links: [Link]
  private let constants: [Constant]

  /// The node must belong to a graph that passes `Graph.validate()`.
  package init(node: Node, of graph: Graph) { self.init(NodeChain(node), of: graph) }

  /// The nodes must belong to a graph that passes `Graph.validate()`.
  package init(_ chain: NodeChain, of graph: Graph) {
    let node = chain.nodes[0]
    operation = node.operation
    inputs = chain.inputs.map { graph[$0] }
    output = graph[chain.output]
    isReproducible =
      node.operation == .softmax && graph.values.contains { $0.elementType != .float32 }
    constants = graph.constants
    guard chain.nodes.count > 1, let last = chain.nodes.last else {
      name = node.name
      links = []
      return
    }
    name = "\(node.name) … \(last.name)"
    links = zip(chain.nodes, chain.operands).map { node, operands in
      Link(problem: StepProblem(node: node, of: graph), operands: operands)
    }
  }

  package var isChain: Bool { !links.isEmpty }

  package func constant(_ id: ConstantID) -> Constant { constants[id.index] }

  /// Whether all its operands are float32.
  package var isFloat: Bool {
    output.elementType == .float32 && inputs.allSatisfy { $0.elementType == .float32 }
      && links.allSatisfy { $0.problem.isFloat }
  }

  package var multiplyAccumulateCount: Int {
    guard isChain else {
      return operation.multiplyAccumulateCount(inputs: inputs, output: output)
    }
    return links.reduce(0) { saturatingSum($0, $1.problem.multiplyAccumulateCount) }
  }
}
