/// The nodes of one step of a plan: one, or several of which each reads once what the one before it
/// gives. Nothing else reads that, and it need not exist outside the step.
package struct NodeChain: Hashable, Sendable {
  package let nodes: [Node]
  /// What the step reads: the operands of all its nodes in order, less the values between them.
  package let inputs: [ValueID]
  /// For each node and operand the number of the input; nil for the value between two nodes.
  let operands: [[Int?]]

  package init(_ node: Node) { self.init([node]) }

  /// - Parameter nodes: at least one.
  package init(_ nodes: [Node]) {
    precondition(!nodes.isEmpty)
    var inputs: [ValueID] = []
    var operands: [[Int?]] = []
    var carried: ValueID?
    for node in nodes {
      operands.append(
        node.inputs.map { input in
          if input == carried { return nil }
          inputs.append(input)
          return inputs.count - 1
        })
      carried = node.output
    }
    self.nodes = nodes
    self.inputs = inputs
    self.operands = operands
  }

  package var output: ValueID { nodes[nodes.count - 1].output }

  /// The input that the output may lie in, as each element of the output depends, of that input, on
  /// its own place only: the first of an operation that works element by element, and what is added at
  /// the end of a chain.
  package var inPlaceInput: Int? {
    guard let last = nodes.last, last.operation.allowsInPlace else { return nil }
    return operands[nodes.count - 1].compactMap(\.self).first
  }
}
