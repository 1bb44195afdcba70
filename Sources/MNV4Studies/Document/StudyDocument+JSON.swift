package import MNV4CommandSupport

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension StudyDocument {
  /// The study for programs: one JSON object in UTF-8, indented, keys in alphabetical order. Tables are
  /// arrays of objects under their ids; a number with an interval is an object of `value`, `low` and
  /// `high`; numbers are not rounded, and null where they are not known or not finite.
  package func json() throws(CommandFailure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    do { return Array(try encoder.encode(object)) + Array("\n".utf8) } catch {
      throw CommandFailure("cannot write the study as JSON: \(error)")
    }
  }

  private var object: JSONValue {
    .object([
      "study": .text(name), "title": .text(title), "question": .text(question),
      "machine": machine.object,
      "settings": .object(
        Dictionary(settings.map { ($0.name, .text($0.value)) }) { first, _ in first }),
      "findings": .array(findings.map(JSONValue.text)),
      "remarks": .array(remarks.map(JSONValue.text)),
      "tables": .object(
        Dictionary(tables.map { ($0.id, $0.array) }) { first, _ in first }),
    ])
  }
}

/// What JSON can hold.
private enum JSONValue: Encodable {
  case text(String)
  case count(Int)
  case number(Double)
  case flag(Bool)
  case array([JSONValue])
  case object([String: JSONValue])
  case null

  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.text) ?? .null }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .count(let count): try container.encode(count)
    case .number(let number):
      if number.isFinite { try container.encode(number) } else { try container.encodeNil() }
    case .flag(let flag): try container.encode(flag)
    case .array(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    case .null: try container.encodeNil()
    }
  }
}

extension Machine {
  fileprivate var object: JSONValue {
    .object([
      "processor": .optional(processor), "processors": .count(processorCount),
      "float_instruction": .optional(floatInstruction),
      "integer_instruction": .optional(integerInstruction), "system": .text(system),
      "backends": .array(backends.map(JSONValue.text)),
    ])
  }
}

extension StudyTable {
  fileprivate var array: JSONValue {
    .array(
      rows.map { row in
        .object(
          Dictionary(zip(columns.map(\.key), row.map(\.jsonValue))) { first, _ in first })
      })
  }
}

extension StudyTable.Cell {
  fileprivate var jsonValue: JSONValue {
    switch self {
    case .text(let text): .text(text)
    case .count(let count): .count(count)
    case .number(let number, _): .number(number)
    case .estimate(let estimate, _):
      .object([
        "value": .number(estimate.value), "low": .number(estimate.low),
        "high": .number(estimate.high),
      ])
    case .flag(let flag): .flag(flag)
    case .none: .null
    }
  }
}
