import MNV4Charts
import MNV4Core

/// Charts that several studies have.
enum SharedCharts {
  /// A network's median latency in both types, and a number that stands for its quality.
  struct Entry {
    let title: String
    /// Milliseconds, by type.
    let latency: [NumberType: Estimate]
    /// Per cent, by type; absent where it is not known.
    let accuracy: [NumberType: Double]
  }

  /// Medians with intervals, float above int8.
  static func latencyBars(_ entries: [Entry], title: String) -> Markup {
    let types = NumberType.allCases
    let rows = entries.map { entry in
      let estimates = types.map { entry.latency[$0] }
      return BarChart.Row(
        label: entry.title, values: estimates.map { $0?.value },
        texts: estimates.map { $0?.value.roundedText(3) ?? "–" },
        intervals: estimates.map { $0.map { $0.low...$0.high } })
    }
    return BarChart(
      title: title, summary: "Medians with their 95 % intervals, float32 above int8.",
      series: [
        .init("float32", .bar, .second), .init("int8", .bar, .first),
      ],
      scale: .linear(entries.flatMap { $0.latency.values.map(\.high) }),
      valueTitles: types.map(\.rawValue), rows: rows
    ).markup
  }

  /// Accuracy against latency, a series a type with its front; nil where no accuracy is known.
  static func accuracyAgainstLatency(
    _ entries: [Entry], title: String, summary: Markup, accuracyTitle: String
  ) -> Markup? {
    var series: [PlaneChart.Series] = []
    for type in [NumberType.int8, .float32] {
      let points = entries.compactMap { entry -> PlaneChart.Point? in
        guard let latency = entry.latency[type], let accuracy = entry.accuracy[type] else {
          return nil
        }
        return PlaneChart.Point(x: latency.value, y: accuracy, name: entry.title)
      }
      guard !points.isEmpty else { continue }
      series.append(.init(type.rawValue, .points, points))
    }
    guard !series.isEmpty else { return nil }
    var chart = PlaneChart(
      title: title, summary: summary, xTitle: "ms, one picture", yTitle: accuracyTitle,
      series: series)
    let times = series.flatMap(\.points).map(\.x)
    chart.xIsLogarithmic = (times.max() ?? 0) > widestRatio * (times.min() ?? 0)
    return chart.markup
  }

  /// Times farther apart crowd at the start of a straight axis.
  private static let widestRatio = 20.0
}
