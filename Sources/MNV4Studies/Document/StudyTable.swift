import MNV4Charts
import MNV4Core

/// Numbers of a study in rows and columns, without a layout.
package struct StudyTable: Sendable {
  package enum Cell: Hashable, Sendable {
    case text(String)
    case count(Int)
    case number(Double, digits: Int)
    /// A number with its interval.
    case estimate(Estimate, digits: Int)
    case flag(Bool)
    /// Not known, or not measured.
    case none

    /// `none` for nil.
    package static func optional(_ number: Double?, digits: Int) -> Cell {
      number.map { .number($0, digits: digits) } ?? .none
    }

    /// `none` for nil.
    package static func optional(_ estimate: Estimate?, digits: Int) -> Cell {
      estimate.map { .estimate($0, digits: digits) } ?? .none
    }
  }

  package struct Column: Hashable, Sendable {
    /// In JSON and CSV: snake case.
    package var key: String
    /// For a person.
    package var title: String
    package var isNumber: Bool
    /// What it means, for a pointer that rests on the title.
    package var explanation: String?

    /// A column of texts.
    package static func text(
      _ key: String, _ title: String, _ explanation: String? = nil
    ) -> Column {
      Column(key: key, title: title, isNumber: false, explanation: explanation)
    }

    /// A column of counts, numbers or numbers with intervals.
    package static func number(
      _ key: String, _ title: String, _ explanation: String? = nil
    ) -> Column {
      Column(key: key, title: title, isNumber: true, explanation: explanation)
    }
  }

  /// In names of files and in JSON: `table-7`.
  package var id: String
  package var title: String
  /// How to read it, and where figures of others are from.
  package var summary: String
  package var columns: [Column]
  /// Whether it is too long for a terminal, which says where it is instead.
  package var isDetail = false
  package private(set) var rows: [[Cell]] = []

  package init(id: String, title: String, summary: String, columns: [Column]) {
    self.id = id
    self.title = title
    self.summary = summary
    self.columns = columns
  }

  /// A row of as many cells as there are columns.
  package mutating func append(_ cells: [Cell]) {
    precondition(cells.count == columns.count)
    rows.append(cells)
  }

  /// The cells of a column, by its key; empty where there is none.
  package func cells(_ key: String) -> [Cell] {
    guard let index = columns.firstIndex(where: { $0.key == key }) else { return [] }
    return rows.map { $0[index] }
  }
}

extension StudyTable.Cell {
  /// For a person: `4.21 [4.18, 4.25]`, `3,774,024`, `–`.
  package var text: String {
    switch self {
    case .text(let text): text
    case .count(let count): count.groupedText
    case .number(let number, let digits): number.columnText(digits)
    case .estimate(let estimate, let digits):
      "\(estimate.value.columnText(digits)) "
        + "[\(estimate.low.columnText(digits)), \(estimate.high.columnText(digits))]"
    case .flag(let flag): flag ? "yes" : "no"
    case .none: "–"
    }
  }

  /// What a table is sorted by.
  var sortNumber: Double? {
    switch self {
    case .count(let count): Double(count)
    case .number(let number, _): number
    case .estimate(let estimate, _): estimate.value
    case .text, .flag, .none: nil
    }
  }
}
