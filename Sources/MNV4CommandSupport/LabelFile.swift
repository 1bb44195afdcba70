import MNV4Format
import MNV4Graph

/// Names of classes, one a line.
package enum LabelFile {
  /// Reads a file of exactly `classCount` lines; an empty last line does not count.
  package static func read(_ path: String, classCount: Int) throws(CommandFailure) -> [String] {
    try labels(in: try CommandFile.text(path), of: path, classCount: classCount)
  }

  /// As `read`, of a text; `origin` is where it is from, for messages.
  package static func labels(
    in text: String, of origin: String, classCount: Int
  ) throws(CommandFailure) -> [String] {
    var lines =
      text
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map(\.trimmingSpaces)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count == classCount else {
      throw CommandFailure("\(origin): expected \(classCount) labels, found \(lines.count)")
    }
    let limit = FormatLimits.labelByteCount
    for (index, label) in lines.enumerated() {
      let line = "\(origin): line \(index + 1)"
      guard !label.isEmpty else { throw CommandFailure("\(line): expected a label, found none") }
      guard label.utf8.count <= limit else {
        throw CommandFailure(
          "\(line): expected at most \(limit) bytes, found \(label.utf8.count)")
      }
      guard label.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
        throw CommandFailure(
          "\(line): expected a label without control characters, found \(label.quoted)")
      }
    }
    return lines
  }
}

extension StringProtocol {
  /// The text without white space at its ends.
  package var trimmingSpaces: String {
    let start = drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }
}
