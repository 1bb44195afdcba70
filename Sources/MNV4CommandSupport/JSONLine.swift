#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Results for programs: one object a line, keys in alphabetical order.
package enum JSONLine {
  /// Numbers that JSON has no form for become the strings "NaN", "Infinity" and "-Infinity".
  package static func encode(_ value: some Encodable) throws(CommandFailure) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
      throw CommandFailure("cannot write JSON: \(error)")
    }
  }
}
