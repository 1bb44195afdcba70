package import MNV4Core

/// Why a graph is refused: where, and which rule it breaks.
package struct GraphError: Error, Hashable, CustomStringConvertible {
  package enum Place: Hashable, Sendable {
    case graph
    case node(index: Int, name: String)
    case value(index: Int)
    case constant(index: Int, name: String)
  }

  package enum Rule: Error, Hashable {
    /// `field` does not hold what it must.
    case field(String, expected: String, found: String)
    case shape(ShapeError)
    case quantization(QuantizationError)
  }

  package let place: Place
  package let rule: Rule

  package init(_ place: Place, _ rule: Rule) {
    self.place = place
    self.rule = rule
  }

  package var description: String {
    let subject =
      switch place {
      case .graph: "graph"
      case .node(let index, let name): "node \(index) '\(name)'"
      case .value(let index): "value \(index)"
      case .constant(let index, let name): "constant \(index) '\(name)'"
      }
    return switch rule {
    case .field(let field, let expected, let found):
      "\(subject): \(field): expected \(expected), found \(found)"
    case .shape(let error): "\(subject): output shape: \(error)"
    case .quantization(let error): "\(subject): quantization: \(error)"
    }
  }
}
