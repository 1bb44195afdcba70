import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph

/// A float network in the form that integers are made from: constants folded, clamps fused, every
/// residual, other function and remaining normalization a node.
struct PreparedNetwork {
  var graph: Graph
  /// Nodes that stay in float32 because the caller says so.
  let floatNodes: Set<Int>

  init(_ original: Graph, floatLayers: [String]) throws(QuantizationFailure) {
    if let integer = original.values.firstIndex(where: { $0.elementType != .float32 }) {
      throw .alreadyQuantized("value \(integer)")
    }
    let graph: Graph
    do throws(AllocationError) {
      graph = try original.foldingConstants().fusingActivations().separating(.residualsAndFunctions)
        .replacingNormalizations().compacted()
    } catch { throw .allocation(error) }
    var floatNodes: Set<Int> = []
    for name in floatLayers {
      let named = graph.nodes.indices.filter { Self.name(graph.nodes[$0].name, isIn: name) }
      guard !named.isEmpty else { throw .unknownLayer(name, names: graph.nodes.map(\.name)) }
      floatNodes.formUnion(named)
    }
    self.graph = graph
    self.floatNodes = floatNodes
  }

  /// Whether a node's name is `layer`, or one below it.
  static func name(_ name: String, isIn layer: String) -> Bool {
    name == layer || name.hasPrefix("\(layer).")
  }

  /// The layers: convolutions and fully connected ones.
  var layerIndices: [Int] {
    graph.nodes.indices.filter { graph.nodes[$0].operation.layerWeights != nil }
  }

  /// The nodes of some layers: each with what it ends in.
  func nodes(ofLayers layers: some Sequence<Int>) -> Set<Int> {
    var result: Set<Int> = []
    for layer in layers {
      let name = graph.nodes[layer].name
      result.formUnion(graph.nodes.indices.filter { Self.name(graph.nodes[$0].name, isIn: name) })
    }
    return result
  }
}
