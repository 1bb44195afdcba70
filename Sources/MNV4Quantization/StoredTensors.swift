import MNV4Core
import MNV4Graph

/// The tensors of a network for several inputs at once, each kept from the node that makes it to the
/// last one that reads it.
struct StoredTensors {
  private var buffers: [ValueID: [AlignedBuffer]] = [:]
  private let lastReaders: [ValueID: Int]

  init(_ graph: Graph) {
    var lastReaders: [ValueID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs { lastReaders[input] = index }
    }
    self.lastReaders = lastReaders
  }

  /// One for each input.
  subscript(_ value: ValueID) -> [AlignedBuffer] {
    get { buffers[value] ?? [] }
    set { buffers[value] = newValue }
  }

  /// Drops what no node after `node` reads.
  mutating func release(after node: Int, of graph: Graph) {
    for value in graph.nodes[node].inputs + [graph.nodes[node].output]
    where lastReaders[value] ?? node <= node { buffers[value] = nil }
  }

  /// The most bytes that the tensors of one input take at a time.
  static func peakByteCount(of graph: Graph) -> Int {
    let stored = StoredTensors(graph)
    var live = graph.inputs.reduce(0) { $0 + graph[$1].byteCount }
    var peak = live
    for (index, node) in graph.nodes.enumerated() {
      live += graph[node.output].byteCount
      peak = max(peak, live)
      for value in Set(node.inputs) where stored.lastReaders[value] == index {
        live -= graph[value].byteCount
      }
      if stored.lastReaders[node.output] == nil { live -= graph[node.output].byteCount }
    }
    return peak
  }
}
