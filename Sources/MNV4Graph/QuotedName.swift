extension String {
  /// The text in single quotes, fit for a message on a terminal however hostile it is: control,
  /// formatting and unassigned characters escaped, cut after 120 scalars.
  package var quoted: String {
    let limit = 120
    var result = "'"
    for (index, scalar) in unicodeScalars.enumerated() {
      if index == limit {
        result += "…"
        break
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        result += scalar.escaped(asASCII: true)
      default:
        if scalar == "'" || scalar == "\\" { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "'"
  }
}
