/// A horizontal bar of block characters, to an eighth of a character.
package struct TextBar: Sendable {
  /// The value that fills the bar; above zero.
  private let limit: Double
  private let width: Int
  /// Columns with a threshold.
  private let marks: Set<Int>

  /// `thresholds` are drawn as `┊` where the bar does not reach them.
  package init(limit: Double, width: Int, thresholds: [Double] = []) {
    precondition(limit > 0 && limit.isFinite && width > 0)
    self.limit = limit
    self.width = width
    marks = Set(
      thresholds.filter { $0 >= 0 && $0 < limit }.map { Int($0 / limit * Double(width)) })
  }

  /// `width` characters. Values beyond the limit fill the bar; nil, NaN and those below zero leave
  /// it empty.
  package func text(_ value: Double?) -> String {
    let share = value.map { $0.isNaN ? 0 : min(max($0 / limit, 0), 1) } ?? 0
    let eighths = Int((share * Double(8 * width)).rounded())
    let full = eighths / 8
    var text = String(repeating: "█", count: full)
    for column in full..<width {
      if column == full, eighths % 8 > 0 {
        text.append(Self.partial[eighths % 8 - 1])
      } else {
        text.append(marks.contains(column) ? "┊" : " ")
      }
    }
    return text
  }

  private static let partial: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
