import MNV4Charts
import Testing

@Suite struct VisibleTextTests {
  @Test(arguments: [
    ("blocks.0.1", "blocks.0.1"), ("\u{1B}[31m", "\\u{1B}[31m"), ("a\u{200B}b", "a\\u{200B}b"),
    ("×→é", "×→é"), ("\u{FFFF}", "\\u{FFFF}"), ("\u{E000}", "\\u{E000}"),
  ])
  func whatCannotBeSeenIsSpelled(_ text: String, _ visible: String) {
    #expect(text.visible == visible)
  }

  @Test(arguments: [
    ("abcdefgh", 8, "abcdefgh"), ("abcdefgh", 7, "abc…fgh"), ("abcdefgh", 6, "abc…gh"),
    ("abcdefgh", 3, "a…h"), ("", 3, ""),
  ])
  func middleShortened(_ text: String, _ limit: Int, _ short: String) {
    #expect(text.middleShortened(to: limit) == short)
  }

  @Test func namesThatWouldReadTheSameStayWhole() {
    let names = ["block.1.expand.conv", "block.2.expand.conv", "stem.of.the.network"]
    #expect(names.shortenedApart(to: 9) == [names[0], names[1], "stem…work"])
    #expect(names.shortenedApart(to: 30) == names)
  }

  /// A short name may look like another that was cut.
  @Test func cutNamesDifferFromShortOnes() {
    #expect(["a…h", "abcdefgh"].shortenedApart(to: 3) == ["a…h", "abcdefgh"])
  }

  @Test(arguments: [
    ("one two three", 7, ["one two", "three"]), ("one two", 3, ["one", "two"]),
    ("incomprehensible a", 4, ["incomprehensible", "a"]), ("", 10, []), ("  a  b ", 10, ["a b"]),
  ])
  func wrapped(_ text: String, _ width: Int, _ lines: [String]) {
    #expect(text.wrapped(to: width) == lines)
  }
}

@Suite struct ChartNumberTests {
  @Test(arguments: [
    (0, 3, "0"), (1, 3, "1"), (-1, 3, "-1"), (123.456, 3, "123"), (12.3456, 3, "12.3"),
    (0.00123456, 3, "0.00123"), (999_999, 3, "999999"), (1e7, 3, "1.00e7"), (4.1e-9, 2, "4.1e-9"),
    (100, 2, "100"), (0.1, 3, "0.1"), (9.999, 3, "10"), (.nan, 3, "NaN"), (.infinity, 3, "∞"),
    (-.infinity, 3, "-∞"), (.leastNonzeroMagnitude, 2, "5e-324"),
    (.greatestFiniteMagnitude, 3, "1.80e308"),
  ])
  func significantText(_ number: Double, _ digits: Int, _ text: String) {
    #expect(number.significantText(digits) == text)
  }

  @Test(arguments: [
    (0, "0%"), (1, "100.00%"), (0.0314, "3.14%"), (0.00001, "<0.01%"), (5e-5, "0.01%"),
    (.nan, "NaN"), (.infinity, "NaN"), (1e30, "1.00e32%"),
  ])
  func percentText(_ share: Double, _ text: String) {
    #expect(share.percentText == text)
  }

  @Test(arguments: [(1, 0), (9.99, 0), (10, 1), (1000, 3), (0.1, -1), (0.001, -3), (-250, 2)])
  func decimalExponent(_ number: Double, _ exponent: Int) {
    #expect(number.decimalExponent == exponent)
  }

  @Test(arguments: [
    (1234.56, 1, "1234.6"), (-0.25, 2, "-0.25"), (1.234e9, 1, "1.23e9"), (.nan, 1, "NaN"),
    (-.infinity, 1, "-∞"),
  ])
  func columnText(_ number: Double, _ digits: Int, _ text: String) {
    #expect(number.columnText(digits) == text)
  }

  @Test func minusSignsAreTrueOnes() {
    #expect("-1".withMinusSign == "−1")
    #expect("1e-3".withMinusSign == "1e-3")
  }
}

@Suite struct TextBarTests {
  @Test(arguments: [
    (0, "        "), (40, "████████"), (80, "████████"), (20, "████    "), (5, "█       "),
    (7.5, "█▌      "), (0.625, "▏       "), (-3, "        "), (.infinity, "████████"),
    (.nan, "        "),
  ])
  func lengthIsInProportion(_ value: Double, _ text: String) {
    #expect(TextBar(limit: 40, width: 8).text(value) == text)
  }

  @Test func thresholdsShowWhereTheBarIsShort() {
    let bar = TextBar(limit: 40, width: 8, thresholds: [10, 20, 90])
    #expect(bar.text(nil) == "  ┊ ┊   ")
    #expect(bar.text(12.5) == "██▌ ┊   ")
    #expect(bar.text(40) == "████████")
  }
}
