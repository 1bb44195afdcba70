import MNV4Core
import MNV4Graph

/// A seeded product of matrices with its exact answer.
struct MatrixProblem {
  let batchCount: Int
  let rowCount: Int
  let depth: Int
  let columnCount: Int

  init(batchCount: Int, rowCount: Int, depth: Int, columnCount: Int) {
    self.batchCount = batchCount
    self.rowCount = rowCount
    self.depth = depth
    self.columnCount = columnCount
  }

  init(random: inout SeededRandom) {
    batchCount = random.int(1...2)
    rowCount = random.int(1...17)
    depth = random.int(1...65)
    columnCount = random.int(1...(random.bool() ? 40 : 70))
  }

  func fullyConnected(random: inout SeededRandom) throws -> KernelProblem {
    let layer = FullyConnected(
      weights: ConstantID(0), bias: random.bool() ? ConstantID(1) : nil,
      activation: Activation.allCases[random.int(0...7)])
    let input = random.floats(batchCount * rowCount * depth)
    let weights = random.floats(columnCount * depth, in: -1...1)
    let bias = random.floats(columnCount)
    return try KernelProblem(
      .fullyConnected(layer), inputs: [([batchCount, rowCount, depth], input)],
      constants: [([columnCount, depth], weights), ([columnCount], bias)]
    ) { output in
      (0..<output.elementCount).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: columnCount)
        var sum = ExactSum()
        for k in 0..<depth {
          sum.add(Double(input[row * depth + k]) * Double(weights[column * depth + k]))
        }
        if layer.bias != nil { sum.add(Double(bias[column])) }
        return layer.activation.expected(sum)
      }
    }
  }

  /// The scale may be applied anywhere: the two roundings that it takes are the two that the bound
  /// of a sum counts for a bias and a residual.
  func matrixProduct(random: inout SeededRandom) throws -> KernelProblem {
    let product = MatrixProduct(
      transposesRight: random.bool(), scale: random.bool() ? 1 : 0.1767767)
    let left = random.floats(batchCount * rowCount * depth)
    let right = random.floats(batchCount * columnCount * depth)
    let rightShape =
      product.transposesRight
      ? [batchCount, columnCount, depth] : [batchCount, depth, columnCount]
    return try KernelProblem(
      .matrixProduct(product),
      inputs: [([batchCount, rowCount, depth], left), (rightShape, right)]
    ) { output in
      (0..<output.elementCount).map { index in
        let (line, column) = index.quotientAndRemainder(dividingBy: columnCount)
        let batch = line / rowCount
        var sum = ExactSum()
        for k in 0..<depth {
          let inner = product.transposesRight ? column * depth + k : k * columnCount + column
          sum.add(
            Double(product.scale) * Double(left[line * depth + k])
              * Double(right[batch * columnCount * depth + inner]))
        }
        return Activation.identity.expected(sum)
      }
    }
  }
}
