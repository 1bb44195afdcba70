package import MNV4Graph

/// What a weight file holds: a network and what is needed to use it.
package struct ModelFile: Sendable {
  package var graph: Graph
  /// How a photograph becomes the graph's input, `[N, H, W, 3]`; nil where it is not said.
  package var preprocessing: ImagePreprocessing?
  /// Empty, or one for each class: the last extent of the graph's first output.
  package var labels: [String]
  package var provenance: Provenance

  package init(
    graph: Graph, preprocessing: ImagePreprocessing? = nil, labels: [String] = [],
    provenance: Provenance = Provenance()
  ) {
    self.graph = graph
    self.preprocessing = preprocessing
    self.labels = labels
    self.provenance = provenance
  }
}
