package import MNV4Graph

/// Weights that timm publishes for a network of the zoo, and how they are evaluated.
package struct PretrainedTag: Hashable, Sendable {
  /// The zoo's and timm's name of the network.
  package let network: String
  /// timm's name of the weights, what follows the dot of `network.tag`.
  package let name: String
  /// Height and width of the input picture, timm's `input_size`.
  package let inputSize: Int
  /// At `inputSize`.
  package let preprocessing: ImagePreprocessing
  /// A larger picture that timm states a better accuracy for, `test_input_size`; nil for none.
  package let testInputSize: Int?
  /// The crop fraction that belongs to `testInputSize`; nil where that is.
  package let testCropFraction: Double?
  package let classCount: Int

  /// Every tag, those of a network together; the first of a network is timm's default.
  package static let all: [PretrainedTag] = rows.compactMap { try? PretrainedTag($0) }

  private init(_ row: Row) throws(PreprocessingError) {
    network = row.network
    name = row.name
    inputSize = row.inputSize
    preprocessing = try ImagePreprocessing(
      interpolation: row.interpolation, cropFraction: row.cropFraction,
      mean: row.normalization.mean, standardDeviation: row.normalization.standardDeviation)
    testInputSize = row.test?.inputSize
    testCropFraction = row.test?.cropFraction
    classCount = row.classCount
  }
}

// MARK: The table

extension PretrainedTag {
  /// A line of the table.
  struct Row: Sendable {
    let network: String
    let name: String
    let inputSize: Int
    let cropFraction: Double
    let interpolation: ImagePreprocessing.Interpolation
    let normalization: Normalization
    let test: (inputSize: Int, cropFraction: Double)?
    let classCount: Int
  }

  /// The means and standard deviations that occur.
  enum Normalization: Sendable {
    /// Those of the pictures of ImageNet.
    case imageNet
    /// To −1 … 1.
    case half
    /// To 0 … 1.
    case unit

    var mean: [Float] {
      switch self {
      case .imageNet: [0.485, 0.456, 0.406]
      case .half: [0.5, 0.5, 0.5]
      case .unit: [0, 0, 0]
      }
    }

    var standardDeviation: [Float] {
      switch self {
      case .imageNet: [0.229, 0.224, 0.225]
      case .half: [0.5, 0.5, 0.5]
      case .unit: [1, 1, 1]
      }
    }
  }

  static func row(
    _ network: String, _ name: String, _ inputSize: Int, _ cropFraction: Double,
    _ interpolation: ImagePreprocessing.Interpolation, _ normalization: Normalization,
    test: (inputSize: Int, cropFraction: Double)? = nil, classes: Int = 1000
  ) -> Row {
    Row(
      network: network, name: name, inputSize: inputSize, cropFraction: cropFraction,
      interpolation: interpolation, normalization: normalization, test: test, classCount: classes)
  }
}

extension Architecture {
  /// The weights that timm publishes for the network, the default first; none where it has none.
  package var tags: [PretrainedTag] { PretrainedTag.all.filter { $0.network == name } }
}
