package import MNV4Core
internal import MNV4Graph

/// Weight file → model.
package enum Decoder {
  /// Checks a file whole and gives what it holds. Time is linear in the file.
  ///
  /// The constants of the graph are stretches of `file`, but for weights of layers that it holds as
  /// float16: those are copied, as float32. The graph has passed `Graph.validate()`.
  package static func decode(_ file: AlignedBuffer) throws(FormatError) -> ModelFile {
    let header = try Header(verifying: file)
    func reader(_ kind: SectionKind) -> ByteReader? {
      header.range(of: kind).map { ByteReader(file: file, range: $0, part: .section(kind)) }
    }
    var graph = Graph(name: "")
    if var graphReader = reader(.graph) { graph = try GraphCoding.decode(&graphReader) }
    if var tableReader = reader(.constants), var dataReader = reader(.data) {
      graph.constants = try ConstantCoding.decode(table: &tableReader, data: &dataReader)
      graph.constants = try ConstantCoding.widened(graph)
    }
    do throws(GraphError) { try graph.validate() } catch { throw .graph(error) }
    var model = ModelFile(graph: graph)
    if var preprocessingReader = reader(.preprocessing) {
      model.preprocessing = try MetadataCoding.decodePreprocessing(&preprocessingReader)
    }
    if var labelReader = reader(.labels) {
      model.labels = try MetadataCoding.decodeLabels(&labelReader)
    }
    if var provenanceReader = reader(.provenance) {
      model.provenance = try MetadataCoding.decodeProvenance(&provenanceReader)
    }
    try checkAgreement(of: model)
    return model
  }

  /// Checks the signature, version and stated length of a file of `fileByteCount` bytes, of which
  /// `head` holds the first 32 or more, or all where it has fewer.
  package static func checkHead(
    _ head: UnsafeRawBufferPointer, fileByteCount: Int
  ) throws(FormatError) {
    try Header.verifyStart(head, fileByteCount: fileByteCount)
  }

  /// That the metadata fit the graph, which is valid.
  private static func checkAgreement(of model: ModelFile) throws(FormatError) {
    let graph = model.graph
    let input = graph[graph.inputs[0]].shape
    if model.preprocessing != nil, input.rank != 4 || input.last != 3 {
      throw .field(
        .section(.preprocessing), "graph input", offset: nil, expected: "shape N×H×W×3",
        found: "\(input)")
    }
    let classCount = graph[graph.outputs[0]].shape.last
    if !model.labels.isEmpty, model.labels.count != classCount {
      throw .field(
        .section(.labels), "label count", offset: nil,
        expected: "\(classCount), the last extent of the first output",
        found: "\(model.labels.count)")
    }
  }
}
