/// A table of a page. A reader can sort it by any column where scripts run, and read it where they
/// do not.
package struct DataTable: Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// Sorted as text in which runs of digits count as numbers.
    case text
    /// Set to the right, sorted by value.
    case number
    /// Text that names its row: a header.
    case name
  }

  package struct Column: Hashable, Sendable {
    package var title: String
    package var kind: Kind
    /// What the numbers mean, for a pointer that rests on the title.
    package var explanation: String?

    package init(_ title: String, _ kind: Kind, _ explanation: String? = nil) {
      self.title = title
      self.kind = kind
      self.explanation = explanation
    }
  }

  package struct Cell: Hashable, Sendable {
    package var content: Markup
    /// What a column of numbers is sorted by; nil and NaN come last.
    package var number: Double?

    package init(_ content: Markup) { self.content = content }

    /// A number as `text`; `–` where it is nil.
    package init(_ number: Double?, _ text: (Double) -> String) {
      content = Markup(number.map { text($0).withMinusSign } ?? "–")
      self.number = number
    }
  }

  package struct Row: Hashable, Sendable {
    package var id: String?
    package var tone: Tone
    package var cells: [Cell]

    package init(id: String? = nil, tone: Tone = .plain, cells: [Cell]) {
      self.id = id
      self.tone = tone
      self.cells = cells
    }
  }

  /// What screen readers call the table.
  package var caption: String
  package var columns: [Column]
  package var rows: [Row]
  package var isSortable = false

  package init(caption: String, columns: [Column], rows: [Row]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  /// The table in a box that scrolls sideways where the page is narrower, also with the keyboard.
  package var markup: Markup {
    .tag(
      "div", ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": caption],
      [
        .tag(
          "table", ["data-sortable": isSortable ? "" : nil],
          [
            .tag("caption", ["class": "hidden"], ["\(caption)"]),
            .tag("thead", [.tag("tr", columns.map(header))]),
            .tag("tbody", rows.map(row)),
          ])
      ])
  }

  private func header(_ column: Column) -> Markup {
    .tag(
      "th", ["scope": "col", "class": "\(column.kind)", "title": column.explanation],
      [Markup(column.title)])
  }

  /// Text that takes a line up to a width, and then breaks.
  private func fit(_ content: Markup) -> Markup { .tag("span", ["class": "fit"], [content]) }

  private func row(_ row: Row) -> Markup {
    let cells = zip(columns, row.cells).map { column, cell -> Markup in
      switch column.kind {
      case .name: .tag("th", ["scope": "row", "class": "name"], [fit(cell.content)])
      case .text: .tag("td", ["class": "text"], [fit(cell.content)])
      case .number:
        .tag(
          "td", ["class": "number", "data-number": cell.number.map { "\($0)" }], [cell.content])
      }
    }
    return .tag("tr", ["id": row.id, "class": row.tone == .plain ? nil : "\(row.tone)"], cells)
  }
}
