import MNV4Charts

extension StudyDocument {
  /// The study as one HTML page that needs no other file and no network: findings, charts, tables, and
  /// how it was measured. Equal studies give equal pages.
  package func html() -> String {
    var body = [header]
    if !findings.isEmpty { body.append(card("Findings", list(findings))) }
    if !remarks.isEmpty {
      body.append(
        .tag("section", ["class": "card notice"], [.tag("h2", ["Remarks"]), list(remarks)]))
    }
    body += charts.map { .tag("section", ["class": "card"], [$0]) }
    body += tables.map { table in
      .tag(
        "section", ["class": "card"],
        [
          .tag("h2", [Markup(table.title)]),
          .tag("p", ["class": "lead"], [Markup(table.summary)]), table.markup,
        ])
    }
    body.append(card("How it was measured", method))
    return Page(title: title, body: body).html
  }

  private var header: Markup {
    .tag(
      "header",
      [
        .tag("p", ["class": "eyebrow"], ["mnv4-bench study \(name)"]),
        .tag("h1", [Markup(title)]), .tag("p", ["class": "lead"], [Markup(question)]),
      ])
  }

  private func card(_ title: String, _ content: Markup) -> Markup {
    .tag("section", ["class": "card"], [.tag("h2", [Markup(title)]), content])
  }

  private func list(_ sentences: [String]) -> Markup {
    .tag("ul", ["class": "points"], sentences.map { .tag("li", [Markup($0)]) })
  }

  private var method: Markup {
    DataTable(
      caption: "How it was measured",
      columns: [DataTable.Column("setting", .name), DataTable.Column("value", .text)],
      rows: (settings + [("machine", machine.summary)]).map { name, value in
        DataTable.Row(cells: [DataTable.Cell(Markup(name)), DataTable.Cell(Markup(value))])
      }
    ).markup
  }
}

extension StudyTable {
  fileprivate var markup: Markup {
    var table = DataTable(
      caption: title,
      columns: columns.enumerated().map { index, column in
        DataTable.Column(
          column.title, index == 0 ? .name : column.isNumber ? .number : .text, column.explanation)
      },
      rows: rows.map { DataTable.Row(cells: $0.map(\.dataCell)) })
    table.isSortable = rows.count > 1
    return table.markup
  }
}

extension StudyTable.Cell {
  fileprivate var dataCell: DataTable.Cell {
    var cell = DataTable.Cell(Markup(text.withMinusSign))
    cell.number = sortNumber
    return cell
  }
}
