import MNV4Charts
import MNV4Core

extension StudyDocument {
  /// The study for a terminal: findings first, then every table.
  ///
  /// Sentences are broken to `width` characters; tables are as wide as their columns. Characters that
  /// a terminal would act on are spelled out.
  package func text(width: Int = 100) -> [String] {
    var lines = [title.visible, ""] + question.visible.wrapped(to: width)
    if !findings.isEmpty { lines += ["", "Findings"] + findings.flatMap { points($0, width) } }
    if !remarks.isEmpty { lines += ["", "Remarks"] + remarks.flatMap { points($0, width) } }
    for table in tables {
      lines += ["", table.title.visible] + table.summary.visible.wrapped(to: width)
      lines +=
        table.isDetail
        ? ["\(table.rows.count) rows, in the files that --output writes"] : table.lines
    }
    lines += ["", "How it was measured"]
    for (name, value) in settings + [("machine", machine.summary)] {
      let column = 14
      let title = name.visible + String(repeating: " ", count: max(1, column - name.count))
      let space = String(repeating: " ", count: title.count)
      lines += value.visible.wrapped(to: max(width - column, 20)).enumerated().map { index, line in
        (index == 0 ? title : space) + line
      }
    }
    return lines
  }

  private func points(_ sentence: String, _ width: Int) -> [String] {
    sentence.visible.wrapped(to: width - 2).enumerated().map { index, line in
      index == 0 ? "- \(line)" : "  \(line)"
    }
  }
}

extension StudyTable {
  /// For a terminal.
  fileprivate var lines: [String] {
    var table = TextTable(columns.map { ($0.title.visible, $0.isNumber ? .trailing : .leading) })
    for row in rows { table.append(row.map(\.text.visible)) }
    return table.lines
  }
}
