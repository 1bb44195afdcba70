import MNV4Core

extension GraphRewriter {
  /// A float32 constant `[outputs, …]` with each output's elements times its factor, computed in
  /// double precision.
  mutating func scaledRows(
    of weights: ConstantID, by factors: [Double]
  ) throws(AllocationError) -> ConstantID {
    let shape = graph[weights].shape
    var elements = graph[weights].floats
    let stride = shape.elementCount / shape[0]
    for row in 0..<shape[0] {
      for index in row * stride..<(row + 1) * stride {
        elements[index] = Float(Double(elements[index]) * factors[row])
      }
    }
    return try addConstant(
      Constant(name: graph[weights].name, shape: shape, copying: elements), replacing: weights)
  }
}
