/// A piece of a page, of HTML or SVG. Whatever is not a literal of the program is escaped: text that
/// comes from a file stays text.
///
/// Elements are written so that the piece is both HTML and well-formed XML.
package struct Markup: Hashable, Sendable {
  /// The escaped source.
  package let source: String

  private init(source: String) { self.source = source }

  /// Text. Characters that have a meaning in HTML are escaped, those that cannot be seen are spelled
  /// out (see `String.visible`).
  package init(_ text: String) { source = Self.escaped(text) }

  /// Source as the program holds it, unescaped.
  package init(source: StaticString) { self.source = "\(source)" }

  package static let empty = Markup(source: "")

  /// An element with attributes in the order given; those that are nil are left out, those that are
  /// empty are written (`open=""`).
  package static func tag(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>,
    _ children: [Markup] = []
  ) -> Markup {
    let name = "\(name)"
    var source = "<\(name)"
    for case (let key, let value?) in attributes {
      source += " \(key)=\"\(escaped(value))\""
    }
    if voidElements.contains(name) { return Markup(source: source + "/>") }
    source += ">"
    for child in children { source += child.source }
    return Markup(source: source + "</\(name)>")
  }

  package static func tag(_ name: StaticString, _ children: [Markup]) -> Markup {
    tag(name, [:], children)
  }

  /// The pieces one after another.
  package static func join(_ pieces: [Markup], separator: Markup = .empty) -> Markup {
    Markup(source: pieces.map(\.source).joined(separator: separator.source))
  }

  /// Elements that never have children here.
  private static let voidElements: Set<String> = [
    "br", "circle", "col", "hr", "line", "meta", "path", "polyline", "rect",
  ]

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.visible.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Markup: ExpressibleByStringInterpolation {
  /// Text, escaped whole: `"\(name) is broken"`.
  package init(stringLiteral text: String) { self.init(text) }
}
