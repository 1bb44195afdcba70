package import MNV4Core
package import MNV4Graph
package import MNV4Zoo

/// Turns a checkpoint into a network of the zoo.
package enum CheckpointImport {
  /// Builds `architecture` with the weights of a safetensors file.
  ///
  /// - Parameter classCount: nil reads it from the checkpoint's classifier.
  package static func network(
    _ architecture: Architecture, safetensors bytes: AlignedBuffer, classCount: Int? = nil,
    inputSize: Int? = nil, stemStride: Int = 2
  ) throws(CheckpointError) -> Graph {
    let file: SafetensorsFile
    do { file = try SafetensorsFile(bytes) } catch { throw .safetensors(error) }
    let found = file.index(of: architecture.classifierKey).flatMap { file.tensors[$0].shape.first }
    let parameters = Architecture.Parameters(
      classCount: classCount ?? found ?? 1000, inputSize: inputSize, stemStride: stemStride)
    do { return try architecture.build(parameters, weights: SafetensorsSource(file)) } catch {
      throw .build(error)
    }
  }
}

/// Why a checkpoint gives no network.
package enum CheckpointError: Error, Hashable, CustomStringConvertible {
  case safetensors(SafetensorsError)
  case build(BuildError)

  package var description: String {
    switch self {
    case .safetensors(let error): error.description
    case .build(let error): error.description
    }
  }
}
