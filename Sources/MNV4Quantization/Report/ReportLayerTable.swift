import MNV4Charts
import MNV4Core

/// A row a layer, in as many columns as there is room for.
struct ReportLayerTable {
  private struct Column {
    let title: String
    let alignment: TextTable.Alignment
    /// The column that goes first when room is scarce has the largest.
    let rank: Int
    let cells: [String]

    var width: Int { max(title.count, cells.lazy.map(\.count).max() ?? 0) }
  }

  private let layers: [QuantizationReport.Layer]
  private let width: Int

  init(_ report: QuantizationReport, width: Int) {
    layers = report.layers
    self.width = width
  }

  var lines: [String] {
    var columns = allColumns.filter { $0.cells.contains { !$0.isEmpty && $0 != "–" } }
    // Two bars of twelve characters, each with a space to its number.
    while columns.count > 1, total(columns) + 2 * 13 > width,
      let least = columns.indices.max(by: { columns[$0].rank < columns[$1].rank }),
      columns[least].rank > 0
    { columns.remove(at: least) }
    let room = (width - total(columns)) / 2 - 1
    let bar = TextBar(
      limit: limit, width: min(max(room, 8), 24),
      thresholds: [
        QuantizationReport.Reading.brokenDecibels, QuantizationReport.Reading.suspectDecibels,
      ])
    columns = columns.map { withBars($0, bar) }
    var table = TextTable(columns.map { ($0.title, $0.alignment) })
    for row in layers.indices { table.append(columns.map { $0.cells[row] }) }
    return table.lines
  }

  private func total(_ columns: [Column]) -> Int {
    columns.reduce(-2) { $0 + $1.width + 2 }
  }

  /// Decibels at which a bar is full: those of the best layer, 30 to 60.
  private var limit: Double {
    let finite = layers.flatMap { [$0.isolatedDecibels, $0.accumulatedDecibels] }
      .compactMap { $0 }.filter(\.isFinite)
    return min(max(finite.max() ?? 0, 30), 60)
  }

  private static let isolatedTitle = "alone dB"
  private static let accumulatedTitle = "in network dB"

  private func withBars(_ column: Column, _ bar: TextBar) -> Column {
    let values: [Double?]
    switch column.title {
    case Self.isolatedTitle: values = layers.map(\.isolatedDecibels)
    case Self.accumulatedTitle: values = layers.map(\.accumulatedDecibels)
    default: return column
    }
    let numberWidth = column.cells.lazy.map(\.count).max() ?? 0
    let cells = zip(column.cells, values).map { text, value in
      String(repeating: " ", count: numberWidth - text.count) + text + " " + bar.text(value)
    }
    return Column(title: column.title, alignment: .leading, rank: column.rank, cells: cells)
  }

  private var allColumns: [Column] {
    let names = layers.map(\.name.visible)
    let limit = max(24, width / 3)
    return [
      Column(
        title: "#", alignment: .trailing, rank: 0, cells: layers.indices.map { "\($0 + 1)" }),
      Column(
        title: "layer", alignment: .leading, rank: 0, cells: names.shortenedApart(to: limit)),
      column("operation", rank: 6, .leading) { $0.operation.visible.middleShortened(to: 40) },
      column("reads", rank: 0, .leading) { $0.reading == .broken ? "BROKEN" : $0.reading.rawValue },
      column(Self.isolatedTitle, rank: 0, .leading, \.isolatedDecibels.decibelText),
      column(Self.accumulatedTitle, rank: 0, .leading, \.accumulatedDecibels.decibelText),
      column("lowest", rank: 4) { Double($0.lowest).significantText(3) },
      column("highest", rank: 3) { Double($0.highest).significantText(3) },
      column("clipped", rank: 2) { $0.isFloat ? "–" : $0.clippedShare.percentText },
      column("weights", rank: 5) {
        $0.weightRangeRatio.map { "\($0.significantText(2))×" } ?? "–"
      },
      column("float µs", rank: 1) { $0.floatMicroseconds.text(1) },
      column("int8 µs", rank: 1) { $0.integerMicroseconds.text(1) },
      column("float size", rank: 8) { $0.floatByteCount == 0 ? "–" : $0.floatByteCount.byteText },
      column("int8 size", rank: 7) {
        $0.integerByteCount == 0 ? "–" : $0.integerByteCount.byteText
      },
    ]
  }

  private func column(
    _ title: String, rank: Int, _ alignment: TextTable.Alignment = .trailing,
    _ text: (QuantizationReport.Layer) -> String
  ) -> Column {
    Column(title: title, alignment: alignment, rank: rank, cells: layers.map(text))
  }
}
