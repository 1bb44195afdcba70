/// What a section holds. The raw values are those of the section table, in the order of the file.
package enum SectionKind: UInt32, Hashable, Sendable, CaseIterable {
  case graph = 1
  case constants = 2
  case data = 3
  case preprocessing = 4
  case labels = 5
  case provenance = 6

  /// Whether every file has it.
  package var isRequired: Bool {
    switch self {
    case .graph, .constants, .data: true
    case .preprocessing, .labels, .provenance: false
    }
  }

  /// The most bytes it may have; nil where the limits of what it holds suffice.
  package var maximumByteCount: Int? {
    switch self {
    case .graph, .constants: FormatLimits.tableByteCount
    case .data, .preprocessing, .labels, .provenance: nil
    }
  }
}

extension SectionKind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .graph: "graph"
    case .constants: "constants"
    case .data: "data"
    case .preprocessing: "preprocessing"
    case .labels: "labels"
    case .provenance: "provenance"
    }
  }
}
