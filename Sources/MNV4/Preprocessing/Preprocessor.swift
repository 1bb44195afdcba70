internal import MNV4Core
package import MNV4Graph

/// Turns pictures into the input tensor of one network: resize, centre crop, normalise.
///
/// Sizes and rounding are those of torchvision's `Resize`, `CenterCrop`, `ToTensor`, `Normalize`
/// over Pillow pictures, as timm evaluates. With S the input's side and f the crop fraction:
/// - `shorterSide`, square input: the shorter side becomes `floor(S / f)`, the longer
///   `floor(size · longer / shorter)`.
/// - `shorterSide`, other input: with target sides `floor(side / f)`, both sides are divided by the
///   smaller of `width / target width` and `height / target height` and rounded to nearest, halves
///   to even (timm's `ResizeKeepRatio`), so that the picture covers the target.
/// - `stretch`: each side becomes `floor(side / f)`.
/// - `none`: no resize; a picture of another size than the input's is refused.
///
/// The crop's offsets are `(resized − crop) / 2`, halves to even. A sample becomes
/// `(sample / 255 − mean) / deviation` in single precision; means and deviations follow the order of
/// the tensor's channels. For a network of integers it becomes the integer that stands for that
/// number.
package struct Preprocessor: Sendable {
  package let inputHeight: Int
  package let inputWidth: Int
  private let preprocessing: ImagePreprocessing
  /// The 256 values of each of the tensor's channels.
  private let values: [Float]
  /// The same as integers, for an input of 8-bit integers; empty for float32.
  private let integers: [UInt8]
  /// The sample of a pixel that each of the tensor's channels takes.
  private let sampleOfChannel: [Int]

  /// The largest side of an input tensor.
  package static let maximumInputSide = 16_384

  /// For the input of a graph, `[N, H, W, 3]`. Throws as `init(_:inputHeight:inputWidth:)`.
  package init(_ preprocessing: ImagePreprocessing, input: Value) throws(MNV4Error) {
    try self.init(
      preprocessing, inputHeight: input.shape[1], inputWidth: input.shape[2],
      integers: input.elementType == .float32 ? nil : input)
  }

  /// For an input of float32. Throws `invalidArgument` for an input whose sides are not 1 to
  /// `maximumInputSide`.
  package init(
    _ preprocessing: ImagePreprocessing, inputHeight: Int, inputWidth: Int
  ) throws(MNV4Error) {
    try self.init(
      preprocessing, inputHeight: inputHeight, inputWidth: inputWidth, integers: nil)
  }

  /// - Parameter integers: an input of 8-bit integers.
  private init(
    _ preprocessing: ImagePreprocessing, inputHeight: Int, inputWidth: Int, integers: Value?
  ) throws(MNV4Error) {
    for side in [inputHeight, inputWidth] where !(1...Self.maximumInputSide).contains(side) {
      throw MNV4Error(
        .invalidArgument,
        "expected an input side from 1 to \(Self.maximumInputSide), found \(side)")
    }
    self.preprocessing = preprocessing
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    let values = zip(preprocessing.mean, preprocessing.standardDeviation).flatMap {
      mean, deviation in (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
    self.values = values
    self.integers =
      integers.map { input in
        values.map { UInt8(truncatingIfNeeded: input.quantize($0)) }
      } ?? []
    switch preprocessing.channelOrder {
    case .rgb: sampleOfChannel = [0, 1, 2]
    case .bgr: sampleOfChannel = [2, 1, 0]
    }
  }

  /// Writes the input tensor of `image`: float32, rows of pixels of 3 channels.
  ///
  /// Throws `invalidArgument` where `output` has not `inputHeight · inputWidth · 3` elements and
  /// what `crop(_:)` throws.
  package func apply(
    _ image: RGBImage, into output: UnsafeMutableBufferPointer<Float>
  ) throws(MNV4Error) {
    let count = inputHeight * inputWidth * 3
    guard output.count == count else {
      throw MNV4Error(.invalidArgument, "expected \(count) elements, found \(output.count)")
    }
    try look(up: values, for: image, into: output)
  }

  /// Writes the input tensor of `image` in the element type that the preprocessor was made for.
  ///
  /// Throws `invalidArgument` where `output` has not the tensor's number of bytes and what
  /// `crop(_:)` throws.
  package func apply(
    _ image: RGBImage, into output: UnsafeMutableRawBufferPointer
  ) throws(MNV4Error) {
    guard !integers.isEmpty else {
      return try apply(image, into: output.assumingMemoryBound(to: Float.self))
    }
    let count = inputHeight * inputWidth * 3
    guard output.count == count else {
      throw MNV4Error(.invalidArgument, "expected \(count) elements, found \(output.count)")
    }
    try look(up: integers, for: image, into: output.assumingMemoryBound(to: UInt8.self))
  }

  /// - Parameter values: 256 of each channel.
  private func look<Element>(
    up values: [Element], for image: RGBImage, into output: UnsafeMutableBufferPointer<Element>
  ) throws(MNV4Error) {
    let pixels = try crop(image)
    pixels.withUnsafeBufferPointer { pixels in
      values.withUnsafeBufferPointer { values in
        for channel in 0..<3 {
          let table = UnsafeBufferPointer(rebasing: values[(channel * 256)..<(channel * 256 + 256)])
          var source = sampleOfChannel[channel]
          for target in stride(from: channel, to: output.count, by: 3) {
            output[target] = table[Int(pixels[source])]
            source += 3
          }
        }
      }
    }
  }

  /// The picture after resize and crop: `inputHeight · inputWidth` pixels, red, green, blue.
  ///
  /// Throws `unsupportedImage` for a picture that the mode does not take or that is reduced too
  /// strongly, and `outOfResources`.
  package func crop(_ image: RGBImage) throws(MNV4Error) -> [UInt8] {
    let window = try window(width: image.width, height: image.height)
    let resampler = try Resampler(
      inputWidth: image.width, inputHeight: image.height, window: window,
      filter: preprocessing.interpolation)
    return try resampler.pixels(of: image)
  }

  /// Where the input lies in the resized picture, for a picture of this size.
  func window(width: Int, height: Int) throws(MNV4Error) -> Resampler.Window {
    let (resizedWidth, resizedHeight) = try resizedSize(width: width, height: height)
    return Resampler.Window(
      resizedWidth: resizedWidth, resizedHeight: resizedHeight,
      left: Self.centerOffset(resizedWidth - inputWidth),
      top: Self.centerOffset(resizedHeight - inputHeight), width: inputWidth, height: inputHeight)
  }

  private func resizedSize(
    width: Int, height: Int
  ) throws(MNV4Error) -> (width: Int, height: Int) {
    let targetWidth = Int((Double(inputWidth) / preprocessing.cropFraction).rounded(.down))
    let targetHeight = Int((Double(inputHeight) / preprocessing.cropFraction).rounded(.down))
    switch preprocessing.resizeMode {
    case .none:
      guard width == inputWidth, height == inputHeight else {
        throw MNV4Error(
          .unsupportedImage,
          "expected a picture of \(inputWidth)×\(inputHeight) pixels, found \(width)×\(height)")
      }
      return (width, height)
    case .stretch:
      return (targetWidth, targetHeight)
    case .shorterSide where targetWidth == targetHeight:
      let (shorter, longer) = (min(width, height), max(width, height))
      let (product, overflow) = targetWidth.multipliedReportingOverflow(by: longer)
      guard !overflow, product < 1 << 53 else {
        throw MNV4Error(.unsupportedImage, "expected a smaller picture than \(width)×\(height)")
      }
      let other = product / shorter
      return width <= height ? (targetWidth, other) : (other, targetHeight)
    case .shorterSide:
      let ratio = min(Double(width) / Double(targetWidth), Double(height) / Double(targetHeight))
      let resized = [width, height].map { (Double($0) / ratio).rounded(.toNearestOrEven) }
      guard let largest = resized.max(), largest < 0x1p53 else {
        throw MNV4Error(.unsupportedImage, "expected a smaller picture than \(width)×\(height)")
      }
      // The side that sets the ratio lands on its target but for the last bit of the division.
      return (max(Int(resized[0]), targetWidth), max(Int(resized[1]), targetHeight))
    }
  }

  /// Half of `difference`, 0 or more, halves to even.
  private static func centerOffset(_ difference: Int) -> Int {
    Int((Double(difference) / 2).rounded(.toNearestOrEven))
  }
}
