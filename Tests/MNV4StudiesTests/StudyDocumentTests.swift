import Foundation
import MarkupTesting
import Testing

@testable import MNV4Studies

@Suite struct StudyDocumentTests {
  private static let hostile = "</td><script>alert(1)</script>&\u{202E}\"',\n=1+1"

  private static var document: StudyDocument {
    var document = StudyDocument(
      name: "sample", title: "A <study> \(hostile)", question: "What is it?",
      machine: Machine(
        processor: hostile, processorCount: 2, floatInstruction: nil,
        integerInstruction: "vpdpbusd",
        system: "Linux", backends: ["swift"]),
      settings: [("rounds", "3"), ("data", hostile)])
    document.findings = ["A finding.", hostile]
    document.remarks = [hostile]
    var table = StudyTable(
      id: "table-1", title: "Table", summary: hostile,
      columns: [
        .text("network", "network"), .number("count", "count", hostile),
        .number("share", "share"), .number("ms", "ms"), .text("is_fast", "fast"),
      ])
    table.append([
      .text(hostile), .count(3_774_024), .number(0.125, digits: 2),
      .estimate(Estimate(1.5, 1.25, 1.75), digits: 2), .flag(true),
    ])
    table.append([.text("=SUM(A1)"), .none, .number(.nan, digits: 1), .none, .none])
    document.tables = [table]
    return document
  }

  @Test func pageIsWellFormedAndHoldsTextsAsTexts() {
    let html = Self.document.html()
    let page = ParsedPage(html)
    #expect(page.isWellFormed)
    #expect(page.elements("script").count == 1)
    #expect(page.text.contains("</td><script>alert(1)</script>&\\u{202E}"))
    #expect(html == Self.document.html())
    for text in ["src=", "url(", "@import", "<link", "https:"] { #expect(!html.contains(text)) }
    #expect(page.text.contains("3,774,024") && page.text.contains("1.50 [1.25, 1.75]"))
  }

  @Test func jsonHoldsNumbersUnrounded() throws {
    let value = try JSONSerialization.jsonObject(with: Data(try Self.document.json()))
    let object = try #require(value as? [String: Any])
    #expect(
      Set(object.keys) == [
        "study", "title", "question", "machine", "settings", "findings", "remarks", "tables",
      ])
    let tables = try #require(object["tables"] as? [String: [[String: Any]]])
    let rows = try #require(tables["table-1"])
    #expect(rows[0]["network"] as? String == Self.hostile)
    #expect(rows[0]["count"] as? Int == 3_774_024)
    #expect(rows[0]["share"] as? Double == 0.125)
    #expect(rows[0]["ms"] as? [String: Double] == ["value": 1.5, "low": 1.25, "high": 1.75])
    #expect(rows[0]["is_fast"] as? Bool == true)
    for key in ["count", "share", "ms", "is_fast"] { #expect(rows[1][key] is NSNull) }
    let machine = try #require(object["machine"] as? [String: Any])
    #expect(machine["float_instruction"] is NSNull && machine["processors"] as? Int == 2)
  }

  @Test func csvIsQuoted() {
    let quoted = "\"</td><script>alert(1)</script>&\u{202E}\"\"',\n=1+1\""
    #expect(
      Self.document.tables[0].csv == """
        network,count,share,ms,ms_low,ms_high,is_fast
        \(quoted),3774024,0.125,1.5,1.25,1.75,true
        '=SUM(A1),,,,,,

        """)
  }

  @Test func textIsFitForATerminal() {
    let lines = Self.document.text()
    #expect(lines.allSatisfy { !$0.contains("\u{202E}") && !$0.contains("\n") })
    #expect(lines.contains { $0.contains("3,774,024") && $0.contains("1.50 [1.25, 1.75]") })
    #expect(lines.contains("- A finding."))
    var long = Self.document
    long.tables[0].isDetail = true
    #expect(long.text().contains("2 rows, in the files that --output writes"))
    #expect(!long.text().contains { $0.contains("3,774,024") })
  }

  @Test func machineIsThisOne() {
    let machine = Machine.current
    #expect(machine.processorCount >= 1)
    #expect(machine.backends.contains("swift"))
    #expect(machine.system.contains(" "))
  }
}
