import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of a piece of markup, which has to be well-formed XML.
final class ParsedPage: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
  }

  private(set) var elements: [Element] = []
  private(set) var text = ""
  private(set) var isWellFormed = false

  init(_ source: String) {
    super.init()
    let parser = XMLParser(data: Data(source.utf8))
    parser.delegate = self
    isWellFormed = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// Elements of a name, all of them or those of a class.
  func elements(_ name: String, class style: String? = nil) -> [Element] {
    elements.filter { element in
      guard element.name == name else { return false }
      guard let style else { return true }
      return (element.attributes["class"] ?? "").split(separator: " ").contains(Substring(style))
    }
  }
}
