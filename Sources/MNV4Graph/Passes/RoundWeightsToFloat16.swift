package import MNV4Core

extension Graph {
  /// Weights of convolutions and fully connected layers, where they are float32, rounded to the nearest
  /// float16, ties to even, and marked to be stored so: a file of half the size that computes in
  /// float32 as before. Biases and all else stay.
  ///
  /// - Throws: where a weight is beyond float16's range, which ends at 65,504.
  package func roundingWeightsToFloat16() throws(Float16RoundingError) -> Graph {
    var graph = self
    for id in layerWeightIDs.sorted(by: { $0.index < $1.index })
    where graph[id].elementType == .float32 {
      let constant = graph[id]
      var elements = constant.floats
      for index in elements.indices {
        let rounded = float32(float16: float16Bits(nearest: elements[index]))
        guard rounded.isFinite || !elements[index].isFinite else {
          throw .range(constant: constant.name, index: index, found: elements[index])
        }
        elements[index] = rounded
      }
      do throws(AllocationError) {
        var rounded = try Constant(name: constant.name, shape: constant.shape, copying: elements)
        rounded.isStoredAsFloat16 = true
        graph.constants[id.index] = rounded
      } catch {
        throw .allocation(error)
      }
    }
    return graph
  }

  /// The constants that are weights of convolutions and fully connected layers, each once.
  package var layerWeightIDs: Set<ConstantID> {
    Set(nodes.compactMap { $0.operation.layerWeights?.weights })
  }
}

/// Why weights cannot be rounded to float16.
package enum Float16RoundingError: Error, Hashable, Sendable, CustomStringConvertible {
  case range(constant: String, index: Int, found: Float)
  case allocation(AllocationError)

  package var description: String {
    switch self {
    case .range(let constant, let index, let found):
      "constant '\(constant)': element \(index): expected at most 65504 in magnitude for float16, "
        + "found \(found)"
    case .allocation(let error): error.description
    }
  }
}
