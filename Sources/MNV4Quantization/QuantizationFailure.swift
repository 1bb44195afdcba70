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
  case allocation(AllocationError)
  /// `--keep-float` names no layer.
  case unknownLayer(String, suggestions: [String])
}

extension QuantizationFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .alreadyQuantized(let place):
      "expected a float32 network, found integers in \(place)"
    case .layer(let name, let reason): "layer '\(name)': \(reason)"
    case .undefinedValue(let index): "value \(index): expected a definition before its use"
    case .graph(let error): error.description
    case .allocation(let error): error.description
    case .unknownLayer(let name, let suggestions):
      "expected the name of a layer, found '\(name)'"
        + (suggestions.isEmpty ? "" : "; there is \(suggestions.joined(separator: ", "))")
    }
  }
}
