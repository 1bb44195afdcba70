internal import MNV4Graph

extension Planner {
  /// The graph with those operations taken apart whose parts are estimated to take less time than the
  /// whole: a backend may be fast at a convolution and lack what is fused into it.
  func splittingWherePartsAreFaster(_ graph: Graph) -> Graph {
    var result = graph
    result.nodes = []
    for node in graph.nodes {
      guard let parts = result.separateEnd(of: node, .partialResidualsAndFunctions),
        isFaster(parts, than: node, in: result)
      else {
        result.nodes.append(node)
        continue
      }
      result.nodes += parts
    }
    return result.compacted()
  }

  private func isFaster(_ parts: [Node], than whole: Node, in graph: Graph) -> Bool {
    let estimates = parts.map { estimate(StepProblem(node: $0, of: graph)) }
    return estimates.reduce(0, +) < estimate(StepProblem(node: whole, of: graph))
  }

  /// The estimate of the backend that gets the step; where one is pinned the others count a thousandfold.
  func estimate(_ problem: StepProblem) -> Double {
    backends.reduce(Double.infinity) { chosen, backend in
      guard case .runs(_, let nanoseconds) = backend.assess(problem) else { return chosen }
      guard pinned == nil else {
        return min(chosen, pinned == backend.name ? nanoseconds : 1000 * nanoseconds)
      }
      return Self.isWorthChanging(nanoseconds, from: chosen) ? nanoseconds : chosen
    }
  }
}
