import MNV4Core
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0, 1, "0.0"), (3, 1, "3.0"), (3.14159, 2, "3.14"), (2.5, 0, "3"), (-2.5, 0, "-3"),
    (0.05, 1, "0.1"), (-0.04, 1, "0.0"), (0.996, 2, "1.00"), (1e6, 3, "1000000.000"),
    (12.007, 2, "12.01"), (.infinity, 2, "inf"), (-.infinity, 2, "-inf"), (.nan, 2, "nan"),
    (1e300, 2, "1e+300"), (9e14, 6, "900000000000000.0"), (123_456_789_012, 1, "123456789012.0"),
  ])
  func roundedText(_ number: Double, _ digits: Int, _ text: String) {
    #expect(number.roundedText(digits) == text)
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (3_774_024, "3,774,024"),
    (-1_234, "-1,234"), (-999, "-999"), (.min, "-9,223,372,036,854,775,808"),
    (.max, "9,223,372,036,854,775,807"),
  ])
  func groupedText(_ number: Int, _ text: String) {
    #expect(number.groupedText == text)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (163_840, "163.8 kB"), (9_982_007, "10.0 MB"),
    (2_147_483_648, "2.15 GB"), (-1_500, "-1.5 kB"),
  ])
  func byteText(_ byteCount: Int, _ text: String) {
    #expect(byteCount.byteText == text)
  }
}

@Suite struct TextTableTests {
  @Test func columnsAreAligned() {
    var table = TextTable([("name", .leading), ("ms", .trailing), ("why", .leading)])
    table.append(["a", "10.5", "x"])
    table.append(["longer", "1", ""])
    #expect(table.lines == ["name      ms  why", "a       10.5  x", "longer     1"])
  }

  @Test func headerStandsAlone() {
    #expect(TextTable([("a", .leading), ("b", .trailing)]).lines == ["a  b"])
  }

  /// Widths count characters, not bytes.
  @Test func widthsAreThoseOfCharacters() {
    var table = TextTable([("×", .leading), ("é", .trailing)])
    table.append(["3×3", "µs"])
    #expect(table.lines == ["×     é", "3×3  µs"])
  }
}
