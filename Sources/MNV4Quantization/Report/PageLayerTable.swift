import MNV4Charts
import MNV4Core

/// Every number of every layer. Columns that no layer has a number for are left out.
struct PageLayerTable {
  private typealias Layer = QuantizationReport.Layer
  private typealias Column = (head: DataTable.Column, cell: (Int, Layer) -> DataTable.Cell)

  private let layers: [QuantizationReport.Layer]

  init(_ layers: [QuantizationReport.Layer]) { self.layers = layers }

  var markup: Markup {
    let cells = columns.map { column in
      layers.enumerated().map { column.cell($0.offset, $0.element) }
    }
    let kept = columns.indices.filter { index in
      columns[index].head.kind != .number || cells[index].contains { $0.number != nil }
    }
    var table = DataTable(
      caption: "All layers", columns: kept.map { columns[$0].head },
      rows: layers.indices.map { row in
        DataTable.Row(
          id: "layer-\(row + 1)", tone: layers[row].reading.tone, cells: kept.map { cells[$0][row] }
        )
      })
    table.isSortable = true
    return table.markup
  }

  private var columns: [Column] {
    [
      number("#", "Place in the network") { index, _ in
        Double(index + 1)
      } _: {
        $0.roundedText(0)
      },
      (DataTable.Column("layer", .name), { DataTable.Cell("\($1.name)") }),
      (DataTable.Column("operation", .text), { DataTable.Cell("\($1.operation)") }),
      (DataTable.Column("reads", .text), { Self.reading($1) }),
      number(
        "effect dB",
        "Signal to noise of the network's output when this layer alone computes with integers",
        \.effectDecibels
      ) {
        Optional($0).decibelText
      },
      number(
        "alone dB", "Signal to noise of the layer's own output, on exact inputs", \.isolatedDecibels
      ) {
        Optional($0).decibelText
      },
      number(
        "in network dB", "Signal to noise of the layer's own output, with all errors before it",
        \.accumulatedDecibels
      ) {
        Optional($0).decibelText
      },
      number("lowest", "Smallest number observed") {
        Double($1.lowest)
      } _: {
        $0.significantText(4)
      },
      number("highest", "Largest number observed") {
        Double($1.highest)
      } _: {
        $0.significantText(4)
      },
      number("step", "Distance between neighbouring integers") {
        $1.scale.map(Double.init)
      } _: {
        $0.significantText(4)
      },
      number("zero point", "The integer that stands for zero") {
        $1.zeroPoint.map(Double.init)
      } _: {
        $0.roundedText(0)
      },
      number("clipped", "Share of numbers beyond the integers") {
        $1.isFloat ? nil : $1.clippedShare
      } _: {
        $0.percentText
      },
      number("weight spread", "Largest scale of a channel's weights over the smallest") {
        $1.weightRangeRatio
      } _: {
        "\($0.significantText(3))×"
      },
      number("float µs", "Median time on one thread", \.floatMicroseconds) { $0.columnText(1) },
      number("int8 µs", "Median time on one thread", \.integerMicroseconds) { $0.columnText(1) },
      number("float size", "Weights and bias") {
        Self.byteCount($1.floatByteCount)
      } _: {
        Int(exactly: $0)?.byteText ?? "–"
      },
      number("int8 size", "Weights and bias") {
        Self.byteCount($1.integerByteCount)
      } _: {
        Int(exactly: $0)?.byteText ?? "–"
      },
    ]
  }

  private static func byteCount(_ count: Int) -> Double? { count == 0 ? nil : Double(count) }

  private static func reading(_ layer: Layer) -> DataTable.Cell {
    let text: Markup = "\(layer.reading.rawValue)"
    guard layer.reading != .fine else { return DataTable.Cell(text) }
    return DataTable.Cell(.tag("span", ["class": "note \(layer.reading.tone)"], [text]))
  }

  private func number(
    _ title: String, _ explanation: String, _ value: @escaping (Int, Layer) -> Double?,
    _ text: @escaping (Double) -> String
  ) -> Column {
    (
      DataTable.Column(title, .number, explanation), { DataTable.Cell(value($0, $1), text) }
    )
  }

  private func number(
    _ title: String, _ explanation: String, _ value: KeyPath<Layer, Double?>,
    _ text: @escaping (Double) -> String
  ) -> Column {
    number(title, explanation, { $1[keyPath: value] }, text)
  }
}
