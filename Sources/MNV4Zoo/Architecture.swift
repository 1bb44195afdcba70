package import MNV4Graph

/// A network of the zoo: a name, where it comes from, and how to build it.
package struct Architecture: Sendable {
  /// timm's name where timm has the network.
  package let name: String
  /// The paper or code the layer table is from.
  package let source: String
  package let defaultInputSize: Int
  /// How timm evaluates the weights it publishes under the name.
  package let preprocessing: ImagePreprocessing?
  /// The checkpoint key whose first extent is the number of classes.
  package let classifierKey: String
  private let paddingRule: GraphBuilder.PaddingRule
  private let batchNormEpsilon: Float
  private let append: @Sendable (inout GraphBuilder, Parameters) throws(BuildError) -> ValueID

  package init(
    name: String, source: String, defaultInputSize: Int, preprocessing: ImagePreprocessing?,
    classifierKey: String, paddingRule: GraphBuilder.PaddingRule = .symmetric,
    batchNormEpsilon: Float = 1e-5,
    append: @escaping @Sendable (inout GraphBuilder, Parameters) throws(BuildError) -> ValueID
  ) {
    self.name = name
    self.source = source
    self.defaultInputSize = defaultInputSize
    self.preprocessing = preprocessing
    self.classifierKey = classifierKey
    self.paddingRule = paddingRule
    self.batchNormEpsilon = batchNormEpsilon
    self.append = append
  }

  /// What a network leaves open.
  package struct Parameters: Hashable, Sendable {
    package var classCount: Int
    /// Height and width of the input picture; nil for the network's own.
    package var inputSize: Int?
    /// How many times smaller than the picture the last features are: 32, or 16 or 8 for small
    /// pictures, where the first or the first two steps to a lower resolution are left out.
    package var totalStride: Int
    /// What batch normalizations add to the variance; nil for the network's own.
    package var batchNormEpsilon: Float?

    package init(classCount: Int = 1000, inputSize: Int? = nil, totalStride: Int = 32) {
      self.classCount = classCount
      self.inputSize = inputSize
      self.totalStride = totalStride
    }

    package static let classCounts = 1...100_000
    package static let inputSizes = 8...4096
    package static let totalStrides = [32, 16, 8]
  }

  /// Builds the network, unfolded, with batch normalizations as in the checkpoint.
  package func build(
    _ parameters: Parameters = Parameters(), weights: any WeightSource
  ) throws(BuildError) -> Graph {
    let inputSize = parameters.inputSize ?? defaultInputSize
    try check("classes", parameters.classCount, in: Parameters.classCounts)
    try check("input size", inputSize, in: Parameters.inputSizes)
    guard Parameters.totalStrides.contains(parameters.totalStride) else {
      throw .parameter(
        "total stride", expected: "32, 16 or 8", found: "\(parameters.totalStride)")
    }
    var builder = GraphBuilder(
      name: name, weights: weights, paddingRule: paddingRule,
      batchNormEpsilon: parameters.batchNormEpsilon ?? batchNormEpsilon,
      fullResolutionFactor: Self.ownTotalStride / parameters.totalStride)
    var settled = parameters
    settled.inputSize = inputSize
    let output = try append(&builder, settled)
    return try builder.finish(output: output)
  }

  /// The total stride of every network as published.
  private static let ownTotalStride = 32

  private func check(
    _ name: String, _ value: Int, in range: ClosedRange<Int>
  ) throws(BuildError) {
    guard range.contains(value) else {
      throw .parameter(
        name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
    }
  }
}

extension Architecture {
  /// Every network, in the order of `mnv4-convert --list-archs`.
  package static let all: [Architecture] =
    mobileNetV4
    + mobileNetV2
    + mobileNeXt
    + mobileNetV1
    + mobileNetV3
    + efficientNet
    + mnasNet
    + proxylessNAS
    + fbNet
    + ghostNet

  package static func named(_ name: String) -> Architecture? {
    all.first { $0.name == name }
  }
}
