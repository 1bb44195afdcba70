import MNV4Core
import MNV4Graph

/// A seeded fully connected layer or product of two activations with its exact answer.
struct IntegerMatrixProblem {
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
    let isDeep = random.oneIn(40)
    batchCount = random.int(1...2)
    rowCount = random.int(1...(isDeep ? 4 : random.oneIn(8) ? 31 : 10))
    depth = isDeep ? random.int(257...1500) : random.int(1...65)
    columnCount = random.int(1...(isDeep ? 9 : random.oneIn(4) ? 70 : 33))
  }

  func fullyConnected(random: inout SeededRandom) throws -> IntegerProblem {
    let layer = LayerOperands(weightShape: [columnCount, depth], random: &random)
    let operation = FullyConnected(
      weights: ConstantID(0), bias: layer.biasID, activation: random.clamp())
    let input = random.tensor([batchCount, rowCount, depth], layer.input)
    return try IntegerProblem(
      .fullyConnected(operation), inputs: [input], output: layer.output,
      constants: layer.constants
    ) { output in
      let steps = input.bytes.indices.map { input.steps($0) }
      return (0..<output.elementCount).flatMap { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: columnCount)
        var sum = 0
        for k in 0..<depth { sum += steps[row * depth + k] * layer.weights[column * depth + k] }
        return layer.element(sum, column, operation.activation)
      }
    }
  }

  func matrixProduct(random: inout SeededRandom) throws -> IntegerProblem {
    let product = MatrixProduct(
      transposesRight: random.bool(),
      scale: random.bool() ? 1 : random.oneIn(4) ? -0.3 : 0.1767767)
    let left = random.tensor([batchCount, rowCount, depth], random.form(.int8))
    let right = random.tensor(
      product.transposesRight
        ? [batchCount, columnCount, depth] : [batchCount, depth, columnCount], random.form(.int8))
    let scale = times(left.form.scale, times(right.form.scale, product.scale))
    var output = ElementForm.float
    if !random.oneIn(3) {
      let sums = Double(depth).squareRoot() * 3_000
      output = random.form(
        .int8, scale: divided(abs(scale), by: random.requantization(ofSums: sums)))
    }
    return try IntegerProblem(
      .matrixProduct(product), inputs: [left, right], output: output
    ) { shape in
      let (leftSteps, rightSteps) = (
        left.bytes.indices.map { left.steps($0) }, right.bytes.indices.map { right.steps($0) }
      )
      let requantization = divided(scale, by: output.divisor)
      return (0..<shape.elementCount).flatMap { index in
        let (line, column) = index.quotientAndRemainder(dividingBy: columnCount)
        let matrix = line / rowCount * columnCount * depth
        var sum = 0
        for k in 0..<depth {
          let inner = product.transposesRight ? column * depth + k : k * columnCount + column
          sum += leftSteps[line * depth + k] * rightSteps[matrix + inner]
        }
        return output.element(sum, scale: requantization)
      }
    }
  }
}
