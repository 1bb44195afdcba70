/// Zeros for every tensor, and a list of those that a network asked for: its checkpoint's layout.
package final class TensorRecorder: WeightSource {
  package struct Tensor: Hashable, Sendable {
    package let key: String
    /// PyTorch's order of extents.
    package let shape: [Int]
  }

  /// In the order of the requests.
  package private(set) var tensors: [Tensor] = []

  package init() {}

  package var unexpectedKeys: [String] { [] }

  package func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
    tensors.append(Tensor(key: key, shape: shape))
    return [Float](repeating: 0, count: shape.reduce(1, *))
  }

  /// Elements that training adjusts, those that the network does not use included: all but the
  /// running statistics of batch normalizations.
  package var trainableParameterCount: Int {
    tensors.reduce(0) { count, tensor in
      tensor.key.hasSuffix(".running_mean") || tensor.key.hasSuffix(".running_var")
        ? count : count + tensor.shape.reduce(1, *)
    }
  }
}
