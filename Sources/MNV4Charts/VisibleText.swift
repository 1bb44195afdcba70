extension String {
  /// The text with what a reader cannot see (control and formatting characters, those that change
  /// the direction of writing, unassigned ones) spelled as `\n` or `\u{202E}`: fit for a terminal and for XML
  /// wherever it came from.
  package var visible: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        result += scalar.escaped(asASCII: true)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The first and the last characters with `…` between them, `limit` in all; the text itself where
  /// it is no longer than that. Names in a network differ at both ends. `limit` is at least 3.
  package func middleShortened(to limit: Int) -> String {
    precondition(limit >= 3)
    guard count > limit else { return self }
    let tail = (limit - 1) / 2
    return "\(prefix(limit - 1 - tail))…\(suffix(tail))"
  }

  /// Lines of at most `width` characters, broken between words; a longer word has a line to itself.
  package func wrapped(to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? "\(word)" : " \(word)"
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

extension [String] {
  /// Every text at most `limit` characters long where that leaves it unlike all others, whole
  /// elsewhere. `limit` is at least 3.
  package func shortenedApart(to limit: Int) -> [String] {
    let short = map { $0.middleShortened(to: limit) }
    var counts: [String: Int] = [:]
    for text in short { counts[text, default: 0] += 1 }
    return zip(self, short).map { whole, short in counts[short] == 1 ? short : whole }
  }
}
