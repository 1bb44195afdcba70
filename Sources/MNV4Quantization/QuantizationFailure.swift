import MNV4
import MNV4Core
import MNV4Graph

/// Why a network cannot be quantized.
enum QuantizationFailure: Error, Hashable {
  /// The network holds integers already.
  case alreadyQuantized(String)
  case layer(name: String, reason: String)
  /// A node reads a value that nothing defines.
  case undefinedValue(Int)
  case graph(GraphError)
  case parameters(QuantizationError)
  case allocation(AllocationError)
  /// The float network could not run, or an input could not be made.
  case run(MNV4Error)
  /// `--keep-float` names no layer.
  case unknownLayer(String, names: [String])
}

extension QuantizationFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .alreadyQuantized(let place):
      "expected a float32 network, found integers in \(place)"
    case .layer(let name, let reason):
      name.isEmpty ? "a layer without a name: \(reason)" : "layer '\(name)': \(reason)"
    case .undefinedValue(let index): "value \(index): expected a definition before its use"
    case .graph(let error): error.description
    case .parameters(let error): error.description
    case .allocation(let error): error.description
    case .run(let error): error.description
    case .unknownLayer(let name, let names):
      "expected the name of a layer, found '\(name)'; the layers are "
        + Self.list(names.filter { !$0.isEmpty })
    }
  }

  private static func list(_ names: [String]) -> String {
    let most = 12
    let shown = names.prefix(most).joined(separator: ", ")
    return names.count > most ? "\(shown) and \(names.count - most) more" : shown
  }
}

extension QuantizationFailure {
  var publicError: MNV4Error {
    switch self {
    case .run(let error): error
    case .allocation: MNV4Error(.outOfResources, description)
    case .unknownLayer: MNV4Error(.invalidArgument, description)
    case .alreadyQuantized, .layer, .undefinedValue, .graph, .parameters:
      MNV4Error(.unsupportedModel, description)
    }
  }
}
