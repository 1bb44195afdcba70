internal import MNV4Core
internal import MNV4Graph

/// Which values share memory, and from which step to which each piece is needed.
///
/// A reshape's output is its input under another shape. A step writes over an input that
/// `NodeChain.inPlaceInput` names where nothing reads that later. Values within a chain have no place.
struct Lifetimes {
  /// For each value the number of its storage; −1 for those within chains.
  let storage: [Int]
  /// For each step the number of the storage that it works on besides its operands.
  let scratch: [Int?]
  /// For each storage its size and life in steps; the input lives from before the first step, the
  /// output until after the last.
  let requests: [ArenaPlanner.Request]

  /// With a step for every node.
  init(_ graph: Graph) { self.init(graph, steps: graph.nodes.map { NodeChain($0) }) }

  /// - Parameters:
  ///   - steps: all nodes of the graph, in an order in which every value is defined before it is
  ///     read.
  ///   - scratchByteCounts: what each step works on besides its operands; nil: nothing.
  init(_ graph: Graph, steps: [NodeChain], scratchByteCounts: [Int]? = nil) {
    var lastUse = [Int](repeating: -1, count: graph.values.count)
    for (index, step) in steps.enumerated() {
      for input in step.inputs { lastUse[input.index] = index }
    }
    for output in graph.outputs { lastUse[output.index] = steps.count }

    var storage = [Int](repeating: -1, count: graph.values.count)
    var scratch = [Int?](repeating: nil, count: steps.count)
    var requests: [ArenaPlanner.Request] = []
    for id in graph.inputs {
      storage[id.index] = requests.count
      requests.append(
        .init(byteCount: graph[id].byteCount, firstStep: -1, lastStep: max(lastUse[id.index], 0)))
    }
    for (index, step) in steps.enumerated() {
      let output = step.output
      let end = max(lastUse[output.index], index)
      if let shared = Self.sharedStorage(step, index, graph, lastUse, storage, requests) {
        storage[output.index] = shared
        requests[shared].lastStep = max(requests[shared].lastStep, end)
      } else {
        storage[output.index] = requests.count
        requests.append(.init(byteCount: graph[output].byteCount, firstStep: index, lastStep: end))
      }
      if let byteCount = scratchByteCounts?[index], byteCount > 0 {
        scratch[index] = requests.count
        requests.append(.init(byteCount: byteCount, firstStep: index, lastStep: index))
      }
    }
    self.storage = storage
    self.scratch = scratch
    self.requests = requests
  }

  /// The storage of an input that the output may lie in.
  private static func sharedStorage(
    _ step: NodeChain, _ index: Int, _ graph: Graph, _ lastUse: [Int], _ storage: [Int],
    _ requests: [ArenaPlanner.Request]
  ) -> Int? {
    guard let place = step.inPlaceInput else { return nil }
    let input = step.inputs[place]
    let candidate = storage[input.index]
    if case .reshape = step.nodes[0].operation { return candidate }
    guard graph[input].shape == graph[step.output].shape,
      graph[input].elementType == graph[step.output].elementType,
      !graph.inputs.contains(input),
      requests[candidate].lastStep <= index, lastUse[input.index] == index,
      !step.inputs.indices.contains(where: {
        $0 != place && storage[step.inputs[$0].index] == candidate
      })
    else { return nil }
    return candidate
  }
}
