package import MNV4Core
package import MNV4Graph

/// Why a TensorFlow Lite file gives no network.
package enum TFLiteError: Error, Hashable, CustomStringConvertible {
  /// The bytes are not what the schema says.
  case file(FlatBufferError)
  /// `field` of an operator or tensor does not hold what it must.
  case field(place: String, String, expected: String, found: String)
  /// Something that the format knows and that is not taken.
  case unsupported(place: String, String)
  /// Constants are used so often that their copies would be out of proportion to the file.
  case tooManyConstants(limit: Int)
  case graph(GraphError)
  case preprocessing(PreprocessingError)
  case allocation(AllocationError)

  package var description: String {
    switch self {
    case .file(let error): error.description
    case .field(let place, let field, let expected, let found):
      "\(place): \(field): expected \(expected), found \(found)"
    case .unsupported(let place, let what): "\(place): not supported: \(what)"
    case .tooManyConstants(let limit):
      "constants: expected at most \(limit) bytes for a file of this size, found more"
    case .graph(let error): error.description
    case .preprocessing(let error): "preprocessing: \(error)"
    case .allocation(let error): error.description
    }
  }

  /// A broken rule of the graph, told of the operator that breaks it.
  init(_ place: String, _ rule: GraphError.Rule) {
    self =
      switch rule {
      case .field(let field, let expected, let found):
        .field(place: place, field, expected: expected, found: found)
      case .shape(let error): .unsupported(place: place, "output shape: \(error)")
      case .quantization(let error): .unsupported(place: place, "quantization: \(error)")
      }
  }
}
