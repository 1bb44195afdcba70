package import MNV4Graph
package import MNV4Zoo

/// What `tools/train` writes of a network beside its weights, where names and shapes do not tell: the
/// entries of a safetensors file's `__metadata__` whose keys begin with `mnv4.`.
///
/// Without it a network that was trained at another total stride, or on pictures prepared in another
/// way, would convert to one that runs and is wrong.
package struct TrainingMetadata: Sendable {
  /// `mnv4.network`.
  package private(set) var architecture: Architecture?
  /// `mnv4.total_stride`: 32, 16 or 8.
  package private(set) var totalStride: Int?
  /// `mnv4.input_size`: height and width of pictures.
  package private(set) var inputSize: Int?
  /// `mnv4.mean` and `mnv4.std`, three numbers each, of a range of 0 to 1; pictures are scaled whole by a
  /// bilinear filter.
  package private(set) var preprocessing: ImagePreprocessing?
  /// `mnv4.labels`, one a line; nil where there are none.
  package private(set) var labels: String?

  /// Keys that are not known are left alone.
  init(_ metadata: [String: String]) throws(CheckpointError) {
    func entry<Value>(
      _ key: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(CheckpointError) -> Value? {
      guard let text = metadata[key] else { return nil }
      guard let value = parse(text) else {
        throw .metadata(key: key, expected: expected, found: text)
      }
      return value
    }
    architecture = try entry("mnv4.network", "a network of --list-archs", Architecture.named)
    totalStride = try entry("mnv4.total_stride", "32, 16 or 8") { text in
      Architecture.Parameters.totalStrides.first { text == "\($0)" }
    }
    inputSize = try entry("mnv4.input_size", "a number of pixels") { text in
      Int(text).flatMap { $0 > 0 ? $0 : nil }
    }
    let mean = try entry("mnv4.mean", "three numbers", Self.triple)
    let deviation = try entry("mnv4.std", "three numbers", Self.triple)
    if let mean, let deviation {
      do {
        preprocessing = try ImagePreprocessing(
          interpolation: .bilinear, cropFraction: 1, mean: mean, standardDeviation: deviation)
      } catch { throw .preprocessing(error) }
    }
    labels = metadata["mnv4.labels"]
  }

  private static func triple(_ text: String) -> [Float]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    let finite = numbers.compactMap(\.self).filter(\.isFinite)
    return numbers.count == 3 && finite.count == 3 ? finite : nil
  }
}
