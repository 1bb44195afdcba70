package import MNV4

/// A network of a study in float32 and in 8-bit integers.
package struct StudyNetwork: Sendable {
  /// Where the weights of one form are from.
  package enum Origin: Hashable, Sendable {
    /// Trained: a file of the models' folder.
    case file(String)
    /// Made here of the trained float network, calibrated on pictures.
    case quantized
    /// Pseudo-random: for times alone.
    case seeded
  }

  package struct Form: Sendable {
    package var model: Model
    package var origin: Origin

    /// Whether what it says of a picture means anything.
    package var isTrained: Bool { origin != .seeded }
  }

  /// The zoo's.
  package let name: String
  package let float: Form
  package let integer: Form

  /// Height and width of the input.
  package var inputSize: Int { float.model.inputShape.dropFirst().first ?? 0 }
}

/// The two forms of a network, in the order of tables.
package enum NumberType: String, CaseIterable, Sendable {
  case float32
  case int8

  var byteCount: Int {
    switch self {
    case .float32: 4
    case .int8: 1
    }
  }
}

extension StudyNetwork {
  package func form(_ type: NumberType) -> Form {
    switch type {
    case .float32: float
    case .int8: integer
    }
  }
}
