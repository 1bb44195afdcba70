import MNV4Charts
import Testing

@Suite struct MarkupTests {
  @Test(arguments: [
    ("plain", "plain"), ("<script>", "&lt;script&gt;"), ("a & b", "a &amp; b"),
    ("&lt;", "&amp;lt;"), ("\"'", "&quot;&#39;"), ("3×3 µs", "3×3 µs"), ("", ""),
    ("a\u{0}b\n", "a\\0b\\n"), ("\u{202E}x", "\\u{202E}x"), ("]]>", "]]&gt;"),
  ])
  func textIsEscaped(_ text: String, _ source: String) {
    #expect(Markup(text).source == source)
    #expect(Markup.tag("p", [:], ["\(text)"]).source == "<p>\(source)</p>")
    #expect(Markup.tag("p", ["title": text]).source == "<p title=\"\(source)\"></p>")
  }

  @Test func attributesThatAreNilAreLeftOut() {
    let none: String? = nil
    #expect(Markup.tag("p", ["a": "1", "b": none, "c": ""]).source == "<p a=\"1\" c=\"\"></p>")
  }

  @Test func elementsWithoutContentAreClosed() {
    #expect(Markup.tag("rect", ["x": "1"]).source == "<rect x=\"1\"/>")
    #expect(Markup.tag("td", []).source == "<td></td>")
  }

  @Test func childrenKeepTheirOrder() {
    let inner = Markup.tag("b", ["1"])
    #expect(Markup.tag("p", [inner, "2", inner]).source == "<p><b>1</b>2<b>1</b></p>")
    #expect(Markup.join([inner, "2"], separator: ", ").source == "<b>1</b>, 2")
  }
}
