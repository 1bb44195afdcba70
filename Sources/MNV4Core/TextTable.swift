/// Rows of text in aligned columns, for a terminal.
package struct TextTable {
  package enum Alignment { case leading, trailing }

  private let header: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  package init(_ columns: [(title: String, alignment: Alignment)]) {
    header = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// A row of as many cells as there are columns.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count == header.count)
    rows.append(cells)
  }

  /// Header, then rows; two spaces between columns, none at the ends of lines.
  package var lines: [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { cells in
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return alignments[column] == .leading ? cells[column] + space : space + cells[column]
      }
      let line = padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
