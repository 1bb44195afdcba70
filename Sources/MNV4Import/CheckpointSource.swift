package import MNV4Graph

/// The weights of a checkpoint, by a network's names for them; it remembers what was asked for.
///
/// Keys that end in `num_batches_tracked`, a counter that PyTorch keeps beside each batch
/// normalization, belong to training: they are never unexpected.
package struct CheckpointSource: WeightSource {
  private let checkpoint: Checkpoint
  /// The checkpoint's names and shapes, by the network's key, where they may differ.
  private let translation: [String: TensorRecorder.Tensor]
  private var isUsed: [Bool]

  package init(_ checkpoint: Checkpoint, translation: [String: TensorRecorder.Tensor] = [:]) {
    self.checkpoint = checkpoint
    self.translation = translation
    isUsed = Array(repeating: false, count: checkpoint.tensors.count)
  }

  /// Errors give the checkpoint's own name of the tensor.
  package mutating func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
    let foreign = translation[key]
    let name = foreign?.key ?? key
    // A convention may leave out extents of 1 at the end; the class count is the caller's.
    let expected = foreign.map { Array(shape.prefix($0.shape.count)) } ?? shape
    guard let index = checkpoint.index(of: name) else {
      throw .missing(key: name, expected: expected)
    }
    isUsed[index] = true
    let found = checkpoint.tensors[index].shape
    guard found == expected else { throw .shape(key: name, expected: expected, found: found) }
    return try checkpoint.floats(at: index)
  }

  /// The tensors that nobody has asked for, by their place in the file.
  package var unexpectedKeys: [String] {
    zip(checkpoint.tensors, isUsed).compactMap { tensor, isUsed in
      isUsed || Self.isIgnored(tensor.name) ? nil : tensor.name
    }
  }

  static func isIgnored(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
}
