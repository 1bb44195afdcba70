extension Graph {
  /// For each value the node that reads it, where it is read once and is no output of the graph.
  package var soleReaders: [Int?] {
    var counts = [Int](repeating: 0, count: values.count)
    var readers = [Int?](repeating: nil, count: values.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs {
        counts[input.index] += 1
        readers[input.index] = index
      }
    }
    for output in outputs { counts[output.index] += 1 }
    return readers.indices.map { counts[$0] == 1 ? readers[$0] : nil }
  }
}
