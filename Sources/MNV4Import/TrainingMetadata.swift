package import MNV4Graph
package import MNV4Zoo

/// What `tools/train` writes of a network beside its weights, where names and shapes do not tell: the
/// entries of a safetensors file's `__metadata__` whose keys begin with `mnv4.`.
///
/// Without it a network that was trained at another total stride, or on pictures prepared in another
/// way, would convert to one that runs and is wrong. Each entry is nil where there is none, and throws
/// where it is malformed; keys that are not known are left alone.
package struct TrainingMetadata: Sendable {
  private let entries: [String: String]

  init(_ metadata: [String: String]) { entries = metadata }

  /// `mnv4.network`.
  package var architecture: Architecture? {
    get throws(CheckpointError) {
      try value("mnv4.network", "a network of --list-archs", Architecture.named)
    }
  }

  /// `mnv4.total_stride`: 32, 16 or 8.
  package var totalStride: Int? {
    get throws(CheckpointError) {
      try value("mnv4.total_stride", "32, 16 or 8") { text in
        Architecture.Parameters.totalStrides.first { text == "\($0)" }
      }
    }
  }

  /// `mnv4.input_size`: height and width of pictures.
  package var inputSize: Int? {
    get throws(CheckpointError) {
      let sizes = Architecture.Parameters.inputSizes
      return try value("mnv4.input_size", "\(sizes.lowerBound) to \(sizes.upperBound)") { text in
        Int(text).flatMap { sizes.contains($0) ? $0 : nil }
      }
    }
  }

  /// `mnv4.mean` and `mnv4.std`, three numbers each, of a range of 0 to 1, both or neither. The centre
  /// square of a picture is scaled by a bilinear filter.
  package var preprocessing: ImagePreprocessing? {
    get throws(CheckpointError) {
      let mean = try value("mnv4.mean", "three numbers", Self.triple)
      let deviation = try value("mnv4.std", "three numbers", Self.triple)
      if mean == nil, deviation == nil { return nil }
      guard let mean else { throw .absentMetadata(key: "mnv4.mean", beside: "mnv4.std") }
      guard let deviation else { throw .absentMetadata(key: "mnv4.std", beside: "mnv4.mean") }
      do {
        return try ImagePreprocessing(
          interpolation: .bilinear, cropFraction: 1, mean: mean, standardDeviation: deviation)
      } catch { throw .preprocessing(error) }
    }
  }

  /// `mnv4.labels`, one a line, in the order of the output.
  package var labels: String? { entries["mnv4.labels"] }

  private func value<Value>(
    _ key: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(CheckpointError) -> Value? {
    guard let text = entries[key] else { return nil }
    guard let value = parse(text) else {
      throw .metadata(key: key, expected: expected, found: text)
    }
    return value
  }

  private static func triple(_ text: String) -> [Float]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    let finite = numbers.compactMap(\.self).filter(\.isFinite)
    return numbers.count == 3 && finite.count == 3 ? finite : nil
  }
}
