/// A page in one file: no other file, no network, light or dark as the reader has it, fit for paper.
package struct Page: Sendable {
  package var title: String
  package var body: [Markup]

  package init(title: String, body: [Markup]) {
    self.title = title
    self.body = body
  }

  /// The whole document. It forbids itself everything but its own style and its own script, so that
  /// nothing in its texts could run even if it were not escaped.
  package var html: String {
    let policy =
      "default-src 'none'; style-src 'unsafe-inline'; script-src '\(Self.scriptHash)'; "
      + "base-uri 'none'; form-action 'none'"
    let head = Markup.tag(
      "head",
      [
        .tag("meta", ["charset": "utf-8"]),
        .tag("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
        .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        .tag("meta", ["name": "color-scheme", "content": "light dark"]),
        .tag("title", ["\(title)"]),
        .tag("style", [Markup(source: Self.style)]),
      ])
    let body = Markup.tag(
      "body", [.tag("main", body), .tag("script", [Markup(source: Self.script)])])
    let document = Markup.tag(
      "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"], [head, body])
    return "<!DOCTYPE html>\n\(document.source)\n"
  }
}
