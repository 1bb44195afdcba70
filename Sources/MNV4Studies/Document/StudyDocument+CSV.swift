import MNV4Core

extension StudyTable {
  /// The table as RFC 4180 has it, with `\n` at the ends of lines: a line of keys, then a line a row. A
  /// number with an interval takes three columns, `key`, `key_low` and `key_high`; numbers are not
  /// rounded, what is not known is empty.
  package var csv: String {
    let widths = columns.indices.map { column in
      rows.contains { if case .estimate = $0[column] { true } else { false } } ? 3 : 1
    }
    let header = zip(columns, widths).flatMap { column, width in
      width == 1 ? [column.key] : [column.key, "\(column.key)_low", "\(column.key)_high"]
    }
    let lines = rows.map { row in
      zip(row, widths).flatMap { cell, width in
        let fields = cell.csvFields
        return fields + Array(repeating: "", count: max(0, width - fields.count))
      }
    }
    return ([header] + lines).map { $0.map(Self.field).joined(separator: ",") + "\n" }.joined()
  }

  /// Quoted where it holds what would end it. A text that a spreadsheet would take for a formula gets
  /// an apostrophe before it.
  private static func field(_ text: String) -> String {
    let isFormula = "=+@".contains(text.first ?? " ") || text.hasPrefix("-") && Double(text) == nil
    let text = isFormula ? "'\(text)" : text
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}

extension StudyTable.Cell {
  fileprivate var csvFields: [String] {
    switch self {
    case .text(let text): [text]
    case .count(let count): ["\(count)"]
    case .number(let number, _): [number.csvText]
    case .estimate(let estimate, _):
      [estimate.value.csvText, estimate.low.csvText, estimate.high.csvText]
    case .flag(let flag): [flag ? "true" : "false"]
    case .none: [""]
    }
  }
}

extension Double {
  fileprivate var csvText: String { isFinite ? "\(self)" : "" }
}
