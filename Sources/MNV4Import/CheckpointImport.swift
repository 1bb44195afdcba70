package import MNV4Core
package import MNV4Graph
package import MNV4Zoo

package enum CheckpointImport {
  package static func network(
    _ architecture: Architecture, safetensors bytes: AlignedBuffer, classCount: Int? = nil,
    inputSize: Int? = nil, stemStride: Int = 2
  ) throws(CheckpointError) -> Graph { throw .unknownFormat }
}
