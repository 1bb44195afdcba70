/// How a photograph becomes the input tensor of a network: resize, centre crop, normalise.
///
/// Part of the model file. The size of the crop is the network's input; the other numbers are those
/// that the weights were trained with.
package struct ImagePreprocessing: Hashable, Sendable {
  /// What the resize keeps.
  package enum ResizeMode: UInt8, Hashable, Sendable, CaseIterable {
    /// The shorter side becomes `floor(input side / cropFraction)`, the longer keeps the aspect
    /// ratio (`floor(size · longer / shorter)`); then the centre is cropped.
    case shorterSide = 1
    /// Both sides become the input's divided by `cropFraction`; the aspect ratio is not kept.
    case stretch = 2
    /// The picture has the input's size already; any other is refused.
    case none = 3
  }

  /// The filters of Pillow's `Image.resize`, antialiased where they reduce.
  package enum Interpolation: UInt8, Hashable, Sendable, CaseIterable {
    case bilinear = 1
    case bicubic = 2
  }

  package enum ChannelOrder: UInt8, Hashable, Sendable, CaseIterable {
    case rgb = 1
    case bgr = 2
  }

  package var resizeMode: ResizeMode
  package var interpolation: Interpolation
  /// The part of the resized picture's side that the crop keeps, above 0, at most 1.
  package var cropFraction: Double
  package var channelOrder: ChannelOrder
  /// Per channel, in units of the full range 0 to 1: `input = (pixel / 255 − mean) / deviation`.
  package var mean: [Float]
  package var standardDeviation: [Float]

  package init(
    resizeMode: ResizeMode = .shorterSide, interpolation: Interpolation, cropFraction: Double,
    channelOrder: ChannelOrder = .rgb, mean: [Float], standardDeviation: [Float]
  ) throws(PreprocessingError) {
    guard cropFraction > 0.1, cropFraction <= 1 else { throw .cropFraction(cropFraction) }
    guard mean.count == 3 else { throw .meanCount(mean.count) }
    guard standardDeviation.count == 3 else { throw .deviationCount(standardDeviation.count) }
    for value in mean where !(value.isFinite && abs(value) <= 1e6) { throw .mean(value) }
    for value in standardDeviation where !(value >= 1e-6 && value <= 1e6) {
      throw .deviation(value)
    }
    self.resizeMode = resizeMode
    self.interpolation = interpolation
    self.cropFraction = cropFraction
    self.channelOrder = channelOrder
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

/// Why preprocessing parameters are refused.
package enum PreprocessingError: Error, Hashable, CustomStringConvertible {
  case cropFraction(Double)
  case meanCount(Int)
  case deviationCount(Int)
  case mean(Float)
  case deviation(Float)

  package var description: String {
    switch self {
    case .cropFraction(let value): "expected a crop fraction above 0.1, at most 1, found \(value)"
    case .meanCount(let count): "expected 3 means, found \(count)"
    case .deviationCount(let count): "expected 3 standard deviations, found \(count)"
    case .mean(let value): "expected a mean from -1000000 to 1000000, found \(value)"
    case .deviation(let value):
      "expected a standard deviation from 0.000001 to 1000000, found \(value)"
    }
  }
}
