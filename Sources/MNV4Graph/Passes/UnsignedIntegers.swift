import MNV4Core

extension Graph {
  /// The same network with values of uint8 in the place of int8: each integer and zero point is 128 more, and
  /// stands for the same number.
  ///
  /// Values that operations compute from one another change together, or where one of the operations takes
  /// nothing but int8 (`matrixProduct`) not at all. Constants stay as they are.
  package func withUnsignedIntegers() -> Graph {
    var groups = ValueGroups(count: values.count)
    for node in nodes {
      for input in node.inputs where isInteger(input) && isInteger(node.output) {
        groups.unite(input.index, node.output.index)
      }
    }
    var signed: Set<Int> = []
    for node in nodes {
      guard case .matrixProduct = node.operation else { continue }
      for id in node.inputs + [node.output] { signed.insert(groups.first(of: id.index)) }
    }
    var result = self
    for index in values.indices where values[index].elementType == .int8 {
      if signed.contains(groups.first(of: index)) { continue }
      result.values[index].elementType = .uint8
      result.values[index].quantization = values[index].quantization?.ofUnsignedElements
    }
    return result
  }

  private func isInteger(_ id: ValueID) -> Bool { self[id].elementType != .float32 }
}

/// Sets of indices, each named by its least member.
private struct ValueGroups {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  mutating func first(of index: Int) -> Int {
    var index = index
    while parents[index] != index {
      parents[index] = parents[parents[index]]
      index = parents[index]
    }
    return index
  }

  mutating func unite(_ one: Int, _ other: Int) {
    let (one, other) = (first(of: one), first(of: other))
    parents[max(one, other)] = min(one, other)
  }
}
