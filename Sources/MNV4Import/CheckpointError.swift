package import MNV4Graph

/// Why a checkpoint gives no network.
package enum CheckpointError: Error, Hashable, CustomStringConvertible {
  /// The first bytes are those of no file that is known.
  case unknownFormat
  case safetensors(SafetensorsError)
  case pyTorch(PyTorchError)
  /// An entry of a safetensors file's metadata that says how the network was trained.
  case metadata(key: String, expected: String, found: String)
  /// Of two entries that belong together there is one.
  case absentMetadata(key: String, beside: String)
  /// How pictures were prepared, by those entries.
  case preprocessing(PreprocessingError)
  /// Several networks have exactly these tensors.
  case ambiguous(architectures: [String])
  /// No network has these tensors; `differences` are those to the nearest one.
  case unrecognized(nearest: String, convention: KeyConvention, differences: [String])
  case build(BuildError)

  package var description: String {
    switch self {
    case .unknownFormat:
      "expected a safetensors file or a PyTorch file (ZIP), found another kind"
    case .safetensors(let error): error.description
    case .pyTorch(let error): error.description
    case .metadata(let key, let expected, let found):
      "__metadata__: \(key): expected \(expected), found \(found.quoted)"
    case .absentMetadata(let key, let other):
      "__metadata__: \(key): expected three numbers as there is \(other), found none"
    case .preprocessing(let error): "__metadata__: mnv4.mean, mnv4.std: \(error)"
    case .ambiguous(let names):
      "the tensors are those of several networks, \(names.joined(separator: ", ")): "
        + "say which with --arch"
    case .unrecognized(let nearest, let convention, let differences):
      "the tensors are those of no network that is known; nearest is \(nearest)"
        + (convention == .zoo ? ": " : " by torchvision's names: ")
        + differences.prefix(Self.namedDifferenceCount).joined(separator: "; ")
        + (differences.count > Self.namedDifferenceCount
          ? "; and \(differences.count - Self.namedDifferenceCount) more" : "")
    case .build(let error): error.description
    }
  }

  private static let namedDifferenceCount = 4
}
