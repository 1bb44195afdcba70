internal import MNV4Graph
internal import MNV4Zoo

/// The tensors that a network's checkpoint has, by the names and shapes that its builder asks for.
struct NetworkSignature: Sendable {
  let architecture: Architecture
  /// In the builder's order; the classifier is that of 1000 classes.
  let tensors: [TensorRecorder.Tensor]

  /// Of every network of the zoo, in its order.
  static let all: [NetworkSignature] = Architecture.all.map(NetworkSignature.init)

  init(_ architecture: Architecture) {
    self.architecture = architecture
    let recorder = TensorRecorder()
    _ = try? architecture.build(weights: recorder)
    tensors = recorder.tensors
  }

  /// Whether the first extent of that tensor is the number of classes.
  func isClassifier(_ key: String) -> Bool {
    let prefix = architecture.classifierKey.dropLast("weight".count)
    return key.hasPrefix(prefix) && (key.hasSuffix(".weight") || key.hasSuffix(".bias"))
  }
}
