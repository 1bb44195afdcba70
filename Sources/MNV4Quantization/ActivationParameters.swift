import MNV4Core
import MNV4Graph

/// Chooses the integers of every value of a network.
struct ActivationParameters {
  let network: PreparedNetwork
  let observers: [ValueID: Observer]
  let calibrator: Calibrator
  /// What the input can hold, where that is known without looking: every byte of a picture.
  let inputRange: ClosedRange<Float>?

  /// Of a tensor of probabilities: all of 0 to 1 but its last step.
  private static let probabilities = (scale: Float(1) / 256, zeroPoint: Int32(-128))

  func assign() throws(QuantizationFailure) -> [ValueID: QuantizationParameters] {
    let graph = network.graph
    var grids: [ValueID: Int8Grid] = [:]
    for input in graph.inputs {
      grids[input] = inputRange.map { Int8Grid(spanning: $0) } ?? grid(of: input)
    }
    let readers = graph.soleReaders
    var convolved: Set<ValueID> = []
    var probabilities: Set<ValueID> = []
    for node in graph.nodes {
      switch node.operation {
      case .softmax: probabilities.insert(node.output)
      case .reshape, .pad, .slice:
        // The same numbers: the same integers.
        grids[node.output] = grids[node.inputs[0]]
        if probabilities.contains(node.inputs[0]) { probabilities.insert(node.output) }
      case .add(let add):
        grids[node.output] = grid(of: node, grids)
        let first = node.inputs[0]
        if add.channelCount != nil, convolved.contains(first), readers[first.index] != nil {
          unify(first, node.output, &grids)
        }
      case .convolution:
        grids[node.output] = grid(of: node, grids)
        convolved.insert(node.output)
      case .fullyConnected, .batchNormalization, .channelScale, .activation, .multiply,
        .globalAveragePool, .averagePool, .concatenation, .matrixProduct,
        .resizeBilinear, .quantize, .dequantize:
        grids[node.output] = grid(of: node, grids)
      }
    }
    var parameters: [ValueID: QuantizationParameters] = [:]
    do throws(QuantizationError) {
      for (value, grid) in grids {
        parameters[value] = try grid.parameters(for: graph[value].shape)
      }
      for value in probabilities {
        parameters[value] = try QuantizationParameters(
          scales: [Self.probabilities.scale], zeroPoints: [Self.probabilities.zeroPoint],
          axis: nil, shape: graph[value].shape, elementType: .int8)
      }
    } catch {
      throw .parameters(error)
    }
    return parameters
  }

  /// Gives a partial addition and its first operand one grid, which spans what both spanned: the
  /// channels that nothing is added to stay the integers that they are, and nothing has to be done.
  private func unify(_ first: ValueID, _ sum: ValueID, _ grids: inout [ValueID: Int8Grid]) {
    guard let one = grids[first]?.range, let other = grids[sum]?.range else { return }
    let grid = Int8Grid(
      spanning: min(one.lowerBound, other.lowerBound)...max(one.upperBound, other.upperBound))
    grids[first] = grid
    grids[sum] = grid
  }

  private func grid(of value: ValueID) -> Int8Grid? {
    observers[value].map { calibrator.grid(of: $0) }
  }

  /// The grid of a node's output. One whose range lies so far from its operands' that the node's rule
  /// cannot hold it, as where next to nothing passes a ReLU, gets the nearest scale that the rule
  /// allows.
  private func grid(of node: Node, _ grids: [ValueID: Int8Grid]) -> Int8Grid? {
    guard let grid = grid(of: node.output) else { return nil }
    let bounds = scaleBounds(of: node, node.inputs.compactMap { grids[$0]?.scale })
    let scale = min(max(grid.scale, bounds.lowerBound), bounds.upperBound)
    return scale == grid.scale ? grid : Int8Grid(scale: scale, zeroPoint: grid.zeroPoint)
  }

  /// What a node's rule allows as its output's scale, with room for rounding.
  private func scaleBounds(of node: Node, _ scales: [Float]) -> ClosedRange<Float> {
    let largest = Float.greatestFiniteMagnitude
    guard scales.count == node.inputs.count, let first = scales.first else { return 0...largest }
    let input = network.graph[node.inputs[0]].shape
    let step: Float
    switch node.operation {
    case .add:
      let most = scales.reduce(first, max)
      let finest = most / (IntegerAddition.ratios.upperBound / 2)
      return finest...min(most / IntegerAddition.ratios.lowerBound, largest)
    case .convolution, .fullyConnected:
      step =
        first
        * (LayerQuantization.largestWeightScale(
          of: node, in: network.graph, inputScale: first) ?? 0)
    case .multiply: step = first * scales[1]
    case .matrixProduct(let product): step = first * (scales[1] * product.scale.magnitude)
    case .globalAveragePool: step = first / Float(input[1] * input[2])
    case .averagePool(let pool): step = first / Float(pool.kernel.height * pool.kernel.width)
    case .resizeBilinear: step = first
    case .batchNormalization, .channelScale, .activation, .slice, .concatenation, .softmax,
      .reshape, .pad, .quantize, .dequantize:
      return 0...largest
    }
    return min(step / (Requantization.limit / 2), largest)...largest
  }
}
