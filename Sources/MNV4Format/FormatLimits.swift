internal import MNV4Graph

/// The most that a file may ask for. They bound memory and time before anything is allocated.
package enum FormatLimits {
  /// Of the graph section and of the constants section, in bytes.
  package static let tableByteCount = 8 << 20
  package static let nodeCount = Graph.maximumNodeCount
  /// Each value is an input of the graph or the output of a node.
  package static let valueCount = Graph.maximumNodeCount + 1
  package static let constantCount = 16_384
  /// Of one node.
  package static let inputCount = 64
  /// Of the graph.
  package static let outputCount = 64
  package static let labelCount = 65_536
  package static let provenanceCount = 256
  /// Of a graph, node or constant, in bytes of UTF-8.
  package static let nameByteCount = 1_024
  package static let labelByteCount = 1_024
  package static let provenanceKeyByteCount = 256
  package static let provenanceValueByteCount = 65_535
}
