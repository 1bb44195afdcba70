/// Why text is not the JSON that is expected, and at which byte.
package struct JSONError: Error, Hashable, CustomStringConvertible {
  package enum Rule: Hashable, Sendable {
    /// Another token has to stand here.
    case token(expected: String, found: String)
    case utf8
    /// A character below U+0020 stands unescaped in a string.
    case controlCharacter(UInt8)
    /// No escape of JSON, or half of a surrogate pair.
    case escape
    /// A sign, a fraction, an exponent or a leading zero.
    case integerForm
    /// Above `Int.max`.
    case integerTooLarge
  }

  package let offset: Int
  package let rule: Rule

  package init(_ rule: Rule, at offset: Int) {
    self.offset = offset
    self.rule = rule
  }

  package var description: String {
    let problem =
      switch rule {
      case .token(let expected, let found): "expected \(expected), found \(found)"
      case .utf8: "expected a string in UTF-8, found other bytes"
      case .controlCharacter(let byte):
        "expected an escape for a control character, found byte \(byte)"
      case .escape: "expected an escape sequence of JSON, found another"
      case .integerForm: "expected the digits of a whole number, found another form"
      case .integerTooLarge: "expected a whole number of at most \(Int.max), found a larger one"
      }
    return "byte \(offset): \(problem)"
  }
}
