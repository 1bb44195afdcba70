/// "Did you mean …?" for a name that is nearly right.
package enum Suggestion {
  /// A sentence with the nearest name, or nothing where none is near.
  package static func text(for name: String, among names: [String]) -> String {
    let nearest = names.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
    guard let (candidate, distance) = nearest, distance <= max(2, name.count / 3) else { return "" }
    return " Did you mean '\(candidate)'?"
  }

  /// Levenshtein's distance.
  static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (i, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let substituted = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
