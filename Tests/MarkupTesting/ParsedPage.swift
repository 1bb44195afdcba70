import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of a piece of markup, which has to be well-formed XML.
package struct ParsedPage {
  package struct Element {
    package let name: String
    package let attributes: [String: String]
  }

  package let elements: [Element]
  /// All text of the page, one piece after another.
  package let text: String
  package let isWellFormed: Bool

  package init(_ source: String) {
    let reader = Reader()
    let parser = XMLParser(data: Data(source.utf8))
    parser.delegate = reader
    isWellFormed = parser.parse()
    elements = reader.elements
    text = reader.text
  }

  /// Elements of a name, all of them or those of a class.
  package func elements(_ name: String, class style: String? = nil) -> [Element] {
    elements.filter { element in
      guard element.name == name else { return false }
      guard let style else { return true }
      return (element.attributes["class"] ?? "").split(separator: " ").contains(Substring(style))
    }
  }
}

private final class Reader: NSObject, XMLParserDelegate {
  var elements: [ParsedPage.Element] = []
  var text = ""

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append(ParsedPage.Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
