package import MNV4Core

/// Why a network could not be built.
package enum BuildError: Error, Hashable, CustomStringConvertible {
  case weights([WeightError])
  case graph(GraphError)
  case allocation(AllocationError)
  /// A parameter of the architecture has a value that it cannot take.
  case parameter(String, expected: String, found: String)

  package var description: String {
    switch self {
    case .weights(let errors):
      (errors.prefix(Self.namedErrorCount).map(\.description)
        + (errors.count > Self.namedErrorCount
          ? ["and \(errors.count - Self.namedErrorCount) more"] : []))
        .joined(separator: "; ")
    case .graph(let error): error.description
    case .allocation(let error): error.description
    case .parameter(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    }
  }

  private static let namedErrorCount = 8
}
