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
    var probabilities: Set<ValueID> = []
    for node in graph.nodes {
      switch node.operation {
      case .softmax: probabilities.insert(node.output)
      case .reshape, .pad, .slice:
        // The same numbers: the same integers.
        grids[node.output] = grids[node.inputs[0]]
        if probabilities.contains(node.inputs[0]) { probabilities.insert(node.output) }
      case .add:
        grids[node.output] = sumGrid(of: node, grids)
      case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation,
        .multiply, .globalAveragePool, .averagePool, .concatenation, .matrixProduct,
        .resizeBilinear, .quantize, .dequantize:
        grids[node.output] = grid(of: node.output)
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

  private func grid(of value: ValueID) -> Int8Grid? {
    observers[value].map { calibrator.grid(of: $0) }
  }

  /// A sum whose range lies so far below its operands' that the rule of additions cannot hold it gets
  /// the finest scale that the rule allows.
  private func sumGrid(of node: Node, _ grids: [ValueID: Int8Grid]) -> Int8Grid? {
    guard let grid = grid(of: node.output) else { return nil }
    let scales = node.inputs.compactMap { grids[$0]?.scale }
    guard let largest = scales.max() else { return grid }
    let finest = largest / (IntegerAddition.ratios.upperBound / 2)
    let coarsest = largest / IntegerAddition.ratios.lowerBound
    let scale = min(max(grid.scale, finest), coarsest)
    return scale == grid.scale ? grid : Int8Grid(scale: scale, zeroPoint: grid.zeroPoint)
  }
}
