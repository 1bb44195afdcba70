import MNV4Charts
import MNV4Core

/// A row a layer, in as many columns as there is room for: its effect on the network's output, with a
/// bar, goes last.
struct TextLayerTable {
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
    // A bar of twelve characters, with a space to its number.
    while columns.count > 1, total(columns) + 13 > width,
      let least = columns.indices.max(by: { columns[$0].rank < columns[$1].rank }),
      columns[least].rank > 0
    { columns.remove(at: least) }
    let room = width - total(columns) - 1
    let bar = TextBar(
      limit: limit, width: min(max(room, 8), 30),
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

  /// Decibels at which a bar is full: those of the layer with the least effect, 40 to 60.
  private var limit: Double {
    let finite = layers.compactMap(\.effectDecibels).filter(\.isFinite)
    return min(max(finite.max() ?? 0, 40), 60)
  }

  private static let effectTitle = "effect dB"

  private func withBars(_ column: Column, _ bar: TextBar) -> Column {
    guard column.title == Self.effectTitle else { return column }
    let numberWidth = column.cells.lazy.map(\.count).max() ?? 0
    let cells = zip(column.cells, layers).map { text, layer in
      String(repeating: " ", count: numberWidth - text.count) + text + " "
        + bar.text(layer.effectDecibels)
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
      column("operation", rank: 8, .leading) { $0.operation.visible.middleShortened(to: 40) },
      column("reads", rank: 0, .leading) { $0.reading == .broken ? "BROKEN" : $0.reading.rawValue },
      column(Self.effectTitle, rank: 0, .leading, \.effectDecibels.decibelText),
      column("alone dB", rank: 1) { $0.isolatedDecibels.decibelText },
      column("in network dB", rank: 2) { $0.accumulatedDecibels.decibelText },
      column("lowest", rank: 6) { Double($0.lowest).significantText(3) },
      column("highest", rank: 5) { Double($0.highest).significantText(3) },
      column("clipped", rank: 4) { $0.isFloat ? "–" : $0.clippedShare.percentText },
      column("weights", rank: 7) {
        $0.weightRangeRatio.map { "\($0.significantText(2))×" } ?? "–"
      },
      column("float µs", rank: 3) { $0.floatMicroseconds.text(1) },
      column("int8 µs", rank: 3) { $0.integerMicroseconds.text(1) },
      column("float size", rank: 10) { $0.floatByteCount == 0 ? "–" : $0.floatByteCount.byteText },
      column("int8 size", rank: 9) {
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
