import MNV4Core
import MNV4Graph

/// Finds weights that have been 8-bit integers before.
enum GridDetection {
  /// How far from a whole number of steps a weight may be.
  private static let tolerance: Float = 0.02
  /// Outputs that are looked at in a layer, and those that must agree.
  private static let outputLimit = 32
  private static let requiredShare = 0.9

  /// Layers most of whose outputs have all weights on a grid of at most 127 steps to each side.
  static func layersOnGrid(_ network: PreparedNetwork) -> [Int] {
    network.layerIndices.filter { index in
      guard let constants = network.graph.nodes[index].operation.layerWeights else { return false }
      let weights = network.graph[constants.weights]
      let outputs = weights.shape[0]
      let rowCount = weights.shape.elementCount / outputs
      // Few weights lie on some grid or other.
      guard rowCount >= 16 else { return false }
      let elements = weights.floats
      let looked = min(outputs, outputLimit)
      let agreeing = (0..<looked).count { output in
        isOnGrid(elements[output * rowCount..<(output + 1) * rowCount])
      }
      return Double(agreeing) >= requiredShare * Double(looked)
    }
  }

  /// Whether the weights are whole multiples, to within the tolerance, of the largest divided by some
  /// number of steps from 32 to 255.
  private static func isOnGrid(_ weights: ArraySlice<Float>) -> Bool {
    guard let largest = weights.map(\.magnitude).max(), largest > 0 else { return true }
    return (32...255).contains { steps in
      let step = largest / Float(steps)
      return weights.allSatisfy { weight in
        let position = weight / step
        return (position - position.rounded()).magnitude <= tolerance
      }
    }
  }
}
