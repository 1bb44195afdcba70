import MNV4Core
import MNV4Graph

/// Integer operations without constants by their definition.
let referenceRuleKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    ruleKernel("\(prefix)_add_swift_reference", type) { problem in
      guard case .add(let add) = problem.operation else { return nil }
      let sum = IntegerAddition(
        first: problem.inputs[0], second: problem.inputs[1], output: problem.output,
        activation: add.activation)
      let channels = problem.output.shape.last
      let second = problem.inputs[1].zeroPoint
      return elements(problem) { binding in
        AdditionRule(
          first: problem.operand(0, binding), second: problem.operand(1, binding),
          output: binding.outputBytes, channelCount: channels,
          addedCount: add.channelCount ?? channels, sum: sum,
          zeroPoints: (problem.inputs[0].zeroPoint, second))
      }
    },
    ruleKernel("\(prefix)_multiply_swift_reference", type) { problem in
      guard case .multiply(let multiply) = problem.operation else { return nil }
      let sums = SumRule(problem.output, multiply.activation)
      let (first, second) = (problem.inputs[0], problem.inputs[1])
      return elements(problem) { binding in
        ProductRule(
          first: problem.operand(0, binding), second: problem.operand(1, binding),
          output: binding.output, imageLength: first.shape.elementCount / first.shape[0],
          channelCount: first.shape.last, isBroadcast: first.shape != second.shape,
          scale: Requantization.scale(first.scale, second.scale, output: problem.output.scale),
          sums: sums)
      }
    },
    ruleKernel("\(prefix)_average_pool_swift_reference", type) { problem in
      guard let geometry = poolGeometry(problem) else { return nil }
      let sums = SumRule(problem.output, .identity)
      return elements(problem, taps: geometry.tapCount) { binding in
        MeanRule(
          input: problem.operand(0, binding), output: binding.output, geometry: geometry,
          scales: (problem.inputs[0].scale, problem.output.scale), sums: sums)
      }
    },
    ruleKernel("\(prefix)_matrix_product_swift_reference", type) { problem in
      guard case .matrixProduct(let product) = problem.operation else { return nil }
      let sums = SumRule(problem.output, .identity)
      let scale = Requantization.scale(
        of: product, inputs: problem.inputs, output: problem.output)
      let shape = problem.output.shape
      let depth = problem.inputs[0].shape[2]
      return elements(problem, taps: depth) { binding in
        MatrixProductRule(
          left: problem.operand(0, binding), right: problem.operand(1, binding),
          output: binding.output, rowCount: shape[1], depth: depth, columnCount: shape[2],
          isTransposed: product.transposesRight, scale: scale, sums: sums)
      }
    },
  ]
}

private func ruleKernel(
  _ name: String, _ type: ElementType,
  make: @escaping @Sendable (StepProblem) -> (any PackedKernel)?
) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      problem.inputs[0].elementType == type
        && (!problem.output.isFloat || problem.operation.isMatrixProduct) && make(problem) != nil
    },
    nanoseconds: { problem in
      let taps = poolGeometry(problem)?.tapCount ?? 1
      let count = max(problem.multiplyAccumulateCount, problem.output.shape.elementCount * taps)
      return Double(count) / Throughput.reference
    },
    memory: { _ in .none },
    pack: { problem throws(BackendError) in
      guard let packed = make(problem) else { preconditionFailure("not \(name)") }
      return packed
    })
}

private func elements<Rule: ElementRule>(
  _ problem: StepProblem, taps: Int = 1, rule: @escaping @Sendable (StepBinding) -> Rule
) -> PackedElements<Rule> {
  PackedElements(
    problem,
    nanoseconds: Double(problem.output.shape.elementCount * taps) / Throughput.reference,
    rule: rule)
}

extension Operation {
  fileprivate var isMatrixProduct: Bool {
    if case .matrixProduct = self { true } else { false }
  }
}

/// The output may be the first operand itself and overlaps no other.
private struct AdditionRule: ElementRule {
  let first: IntegerOperand
  let second: IntegerOperand
  let output: UnsafeMutablePointer<UInt8>
  let channelCount: Int
  let addedCount: Int
  let sum: IntegerAddition
  let zeroPoints: (first: Int32, second: Int32)

  func write(_ index: Int) {
    let steps = index % channelCount < addedCount ? second[index] : 0
    output[index] = UInt8(
      truncatingIfNeeded: sum(first[index] + zeroPoints.first, steps + zeroPoints.second))
  }
}

/// The output may be the first operand itself and overlaps no other.
private struct ProductRule: ElementRule {
  let first: IntegerOperand
  let second: IntegerOperand
  let output: UnsafeMutableRawPointer
  let imageLength: Int
  let channelCount: Int
  let isBroadcast: Bool
  let scale: Float
  let sums: SumRule

  func write(_ index: Int) {
    let other =
      isBroadcast ? index / imageLength * channelCount + index % channelCount : index
    sums.store(first[index] * second[other], scale: scale, to: output, at: index)
  }
}

/// The output overlaps no operand.
private struct MeanRule: ElementRule {
  let input: IntegerOperand
  let output: UnsafeMutableRawPointer
  let geometry: WindowGeometry
  let scales: (input: Float, output: Float)
  let sums: SumRule

  func write(_ index: Int) {
    let (pixel, channel) = index.quotientAndRemainder(dividingBy: geometry.outputChannels)
    let (line, x) = pixel.quotientAndRemainder(dividingBy: geometry.outputWidth)
    let (image, y) = line.quotientAndRemainder(dividingBy: geometry.outputHeight)
    let rows = geometry.filterRows(at: y)
    let columns = geometry.filterColumns(at: x)
    var sum: Int32 = 0
    for row in rows {
      for column in columns {
        let inputRow = image * geometry.inputHeight + y * geometry.strideHeight - geometry.top + row
        let inputColumn = x * geometry.strideWidth - geometry.left + column
        sum +=
          input[
            (inputRow * geometry.inputWidth + inputColumn) * geometry.inputChannels + channel]
      }
    }
    let scale = Requantization.scale(
      mean: rows.count * columns.count, input: scales.input, output: scales.output)
    sums.store(sum, scale: scale, to: output, at: index)
  }
}

/// The output overlaps no operand.
private struct MatrixProductRule: ElementRule {
  let left: IntegerOperand
  let right: IntegerOperand
  let output: UnsafeMutableRawPointer
  let rowCount: Int
  let depth: Int
  let columnCount: Int
  let isTransposed: Bool
  let scale: Float
  let sums: SumRule

  func write(_ index: Int) {
    let (line, column) = index.quotientAndRemainder(dividingBy: columnCount)
    let matrix = right + line / rowCount * depth * columnCount
    var sum: Int32 = 0
    for k in 0..<depth {
      sum +=
        left[line * depth + k]
        * matrix[isTransposed ? column * depth + k : k * columnCount + column]
    }
    sums.store(sum, scale: scale, to: output, at: index)
  }
}
