package import MNV4Core

/// Zeros for every tensor, and a list of those that a network asked for: its checkpoint's layout.
package final class TensorRecorder: WeightSource {
  package struct Tensor: Hashable, Sendable {
    package let key: String
    /// PyTorch's order of extents.
    package let shape: [Int]

    package init(key: String, shape: [Int]) {
      self.key = key
      self.shape = shape
    }
  }

  /// In the order of the requests.
  package private(set) var tensors: [Tensor] = []

  private var zeros: AlignedBuffer?

  package init() {}

  package var unexpectedKeys: [String] { [] }

  package func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
    tensors.append(Tensor(key: key, shape: shape))
    return [Float](repeating: 0, count: shape.reduce(1, *))
  }

  /// All tensors of a network share one run of zeros, so that asking costs no memory to speak of.
  package func placeholder(_ key: String, shape: [Int]) -> ByteSlice? {
    let byteCount = shape.reduce(MemoryLayout<Float>.stride, *)
    if byteCount > zeros?.byteCount ?? -1 {
      zeros = try? AlignedBuffer(byteCount: max(byteCount, 1 << 20))
    }
    guard let zeros, byteCount <= zeros.byteCount else { return nil }
    tensors.append(Tensor(key: key, shape: shape))
    return ByteSlice(buffer: zeros, offset: 0, byteCount: byteCount)
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
