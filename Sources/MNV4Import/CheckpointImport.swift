package import MNV4Graph
package import MNV4Zoo

/// A network with the weights of a checkpoint, and what the checkpoint was recognized as.
package struct ImportedNetwork: Sendable {
  /// Unfolded, with batch normalizations as in the checkpoint.
  package let graph: Graph
  package let architecture: Architecture
  package let convention: KeyConvention
  /// How the weights that are published with these names are evaluated.
  package var preprocessing: ImagePreprocessing? { convention.preprocessing(of: architecture) }
}

/// Turns a checkpoint into a network of the zoo.
package enum CheckpointImport {
  /// The network that the checkpoint's tensors belong to, by their names and shapes alone, and whose
  /// names they are.
  ///
  /// - Parameter architecture: the network, where it is known.
  package static func recognize(
    _ checkpoint: Checkpoint, as architecture: Architecture? = nil
  ) throws(CheckpointError) -> (architecture: Architecture, convention: KeyConvention) {
    let recognition = try recognition(of: checkpoint, as: architecture)
    return (recognition.network.architecture, recognition.convention)
  }

  private static func recognition(
    of checkpoint: Checkpoint, as architecture: Architecture?
  ) throws(CheckpointError) -> Recognition {
    guard let architecture else { return try Recognition.recognize(checkpoint) }
    return try Recognition.recognize(checkpoint, as: architecture)
  }

  /// Builds a network with the weights of a checkpoint.
  ///
  /// - Parameters:
  ///   - architecture: nil takes the one network of the zoo that has tensors of these names and
  ///     shapes; several, or none, is an error.
  ///   - classCount: nil reads it from the checkpoint's classifier.
  package static func network(
    _ architecture: Architecture? = nil, from checkpoint: Checkpoint, classCount: Int? = nil,
    inputSize: Int? = nil, totalStride: Int = 32
  ) throws(CheckpointError) -> ImportedNetwork {
    let recognition = try recognition(of: checkpoint, as: architecture)
    let architecture = recognition.network.architecture
    var parameters = Architecture.Parameters(
      classCount: classCount ?? recognition.classCount(of: checkpoint) ?? 1000,
      inputSize: inputSize, totalStride: totalStride)
    parameters.batchNormEpsilon = recognition.convention.batchNormEpsilon(of: architecture)
    let source = CheckpointSource(checkpoint, translation: recognition.tensors)
    do {
      return ImportedNetwork(
        graph: try architecture.build(parameters, weights: source), architecture: architecture,
        convention: recognition.convention)
    } catch {
      throw .build(error)
    }
  }
}
