import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph

/// A network that runs node by node, for whoever looks at its tensors in between.
final class NetworkRun {
  let graph: Graph
  private let session: Session
  /// The node that each step of the session runs: all but reshapes.
  private let nodeOfStep: [Int]
  private var nextStep = 0

  /// The graph must pass `Graph.validate()`.
  init(_ graph: Graph, options: SessionOptions) throws(MNV4Error) {
    self.graph = graph
    let model = Model(ModelFile(graph: graph))
    session = try Session(plan: model.planOfEveryNode(for: options.backend), options: options)
    nodeOfStep = graph.nodes.indices.filter { index in
      if case .reshape = graph.nodes[index].operation { false } else { true }
    }
  }

  /// Fills the input and starts over.
  func begin(_ fill: (UnsafeMutableRawBufferPointer) throws(MNV4Error) -> Void) throws(MNV4Error) {
    try session.fillInput(fill)
    nextStep = 0
  }

  /// The node whose turn is next; nil at the end.
  var nextNode: Int? { nextStep < nodeOfStep.count ? nodeOfStep[nextStep] : nil }

  /// An operand of the next node.
  func input(_ operand: Int) -> UnsafeRawBufferPointer {
    session.input(operand, ofStep: nextStep)
  }

  /// Runs the next node and gives its output, which stays until later nodes overwrite it.
  @discardableResult
  func advance() -> UnsafeRawBufferPointer {
    session.runStep(nextStep)
    nextStep += 1
    return session.output(ofStep: nextStep - 1)
  }

  /// Puts other elements in the place of what the last node gave.
  func replaceOutput(with elements: UnsafeRawBufferPointer) {
    session.replaceOutput(ofStep: nextStep - 1, with: elements)
  }
}
