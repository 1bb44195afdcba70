internal import MNV4Core
internal import MNV4Graph

/// Which values share memory, and from which step to which each piece is needed.
///
/// A reshape's output is its input under another shape. An operation that works element by element
/// writes over its first input where nothing reads that later.
struct Lifetimes {
  /// For each value the number of its storage.
  let storage: [Int]
  /// For each storage its size and life in steps; the input lives from before the first step, the
  /// output until after the last.
  let requests: [ArenaPlanner.Request]

  init(_ graph: Graph) {
    var lastUse = [Int](repeating: -1, count: graph.values.count)
    for (step, node) in graph.nodes.enumerated() {
      for input in node.inputs { lastUse[input.index] = step }
    }
    for output in graph.outputs { lastUse[output.index] = graph.nodes.count }

    var storage = [Int](repeating: -1, count: graph.values.count)
    var requests: [ArenaPlanner.Request] = []
    for id in graph.inputs {
      storage[id.index] = requests.count
      requests.append(
        .init(byteCount: graph[id].byteCount, firstStep: -1, lastStep: max(lastUse[id.index], 0)))
    }
    for (step, node) in graph.nodes.enumerated() {
      let output = node.output
      let end = max(lastUse[output.index], step)
      if let shared = Self.sharedStorage(node, step, graph, lastUse, storage, requests) {
        storage[output.index] = shared
        requests[shared].lastStep = max(requests[shared].lastStep, end)
      } else {
        storage[output.index] = requests.count
        requests.append(.init(byteCount: graph[output].byteCount, firstStep: step, lastStep: end))
      }
    }
    self.storage = storage
    self.requests = requests
  }

  /// The storage of the first input, where the output may lie in it.
  private static func sharedStorage(
    _ node: Node, _ step: Int, _ graph: Graph, _ lastUse: [Int], _ storage: [Int],
    _ requests: [ArenaPlanner.Request]
  ) -> Int? {
    guard node.operation.allowsInPlace, let input = node.inputs.first else { return nil }
    let candidate = storage[input.index]
    if case .reshape = node.operation { return candidate }
    let others = node.inputs.dropFirst()
    guard graph[input].shape == graph[node.output].shape,
      graph[input].elementType == graph[node.output].elementType,
      !graph.inputs.contains(input),
      requests[candidate].lastStep <= step, lastUse[input.index] == step,
      !others.contains(where: { storage[$0.index] == candidate })
    else { return nil }
    return candidate
  }
}
