package import MNV4Graph

/// The weights of a safetensors file, which remembers what was asked for.
///
/// Keys that end in `num_batches_tracked`, a counter that PyTorch keeps beside each batch
/// normalization, belong to training: they are never unexpected.
package struct SafetensorsSource: WeightSource {
  private let file: SafetensorsFile
  private var isUsed: [Bool]

  package init(_ file: SafetensorsFile) {
    self.file = file
    isUsed = Array(repeating: false, count: file.tensors.count)
  }

  package mutating func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
    guard let index = file.index(of: key) else { throw .missing(key: key, expected: shape) }
    isUsed[index] = true
    let found = file.tensors[index].shape
    guard found == shape else { throw .shape(key: key, expected: shape, found: found) }
    return try file.floats(at: index)
  }

  /// The tensors that nobody has asked for, by their place in the file.
  package var unexpectedKeys: [String] {
    zip(file.tensors, isUsed).compactMap { tensor, isUsed in
      isUsed || tensor.name.hasSuffix("num_batches_tracked") ? nil : tensor.name
    }
  }
}
