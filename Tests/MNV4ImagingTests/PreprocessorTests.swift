import MNV4
import MNV4Graph
import MNV4Imaging
import Testing

@Suite struct PreprocessorTests {
  private static func filter(_ name: String) throws -> ImagePreprocessing.Interpolation {
    try #require(["bilinear": .bilinear, "bicubic": .bicubic][name])
  }

  private static func preprocessing(
    _ mode: ImagePreprocessing.ResizeMode, _ filter: String, crop: Double = 1,
    order: ImagePreprocessing.ChannelOrder = .rgb
  ) throws -> ImagePreprocessing {
    try ImagePreprocessing(
      resizeMode: mode, interpolation: self.filter(filter), cropFraction: crop,
      channelOrder: order, mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
  }

  /// Whole pictures, up and down and both ways at once, bit for bit those of Pillow.
  @Test(arguments: Fixtures.table("resize.txt")) func resizeEqualsPillow(line: [String]) throws {
    let (width, height) = (try #require(Int(line[2])), try #require(Int(line[3])))
    let preprocessor = try Preprocessor(
      Self.preprocessing(.stretch, line[1]), inputHeight: height, inputWidth: width)
    let pixels = try preprocessor.crop(Fixtures.ppm("resize/\(line[0]).ppm"))
    if width * height * 3 < 700 {
      let name = "resize/\(line[0])_\(line[1])_\(width)x\(height).ppm"
      #expect(pixels == (try Fixtures.ppm(name).pixels))
    }
    #expect(pixels.withUnsafeBytes { Fixtures.checksum($0) } == line[4])
  }

  /// Shorter side, crop and normalisation: every bit of the tensor.
  @Test(arguments: Fixtures.table("preprocess.txt"))
  func tensorEqualsReference(line: [String]) throws {
    let crop = try #require(Double(line[2]))
    let (height, width) = (try #require(Int(line[3])), try #require(Int(line[4])))
    let preprocessor = try Preprocessor(
      Self.preprocessing(.shorterSide, line[1], crop: crop), inputHeight: height,
      inputWidth: width)
    let image = try Fixtures.ppm("resize/\(line[0]).ppm")
    let pixels = try preprocessor.crop(image)
    #expect(pixels.withUnsafeBytes { Fixtures.checksum($0) } == line[5])
    var tensor = [Float](repeating: .nan, count: height * width * 3)
    try tensor.withUnsafeMutableBufferPointer { try preprocessor.apply(image, into: $0) }
    #expect(tensor.withUnsafeBytes { Fixtures.checksum($0) } == line[6])
  }

  @Test func channelOrderSwapsRedAndBlue() throws {
    let image = try Fixtures.ppm("resize/square.ppm")
    let preprocessor = try Preprocessor(
      Self.preprocessing(.none, "bilinear", order: .bgr), inputHeight: 32, inputWidth: 32)
    var tensor = [Float](repeating: .nan, count: 32 * 32 * 3)
    try tensor.withUnsafeMutableBufferPointer { try preprocessor.apply(image, into: $0) }
    let means: [Float] = [0.485, 0.456, 0.406]
    let deviations: [Float] = [0.229, 0.224, 0.225]
    for (index, value) in tensor.enumerated() {
      let channel = index % 3
      let sample = image.pixels[index - channel + 2 - channel]
      #expect(value == (Float(sample) / 255 - means[channel]) / deviations[channel])
    }
  }

  @Test func modeNoneTakesItsSizeOnly() throws {
    let image = try Fixtures.ppm("resize/square.ppm")
    let preprocessing = try Self.preprocessing(.none, "bicubic", crop: 0.5)
    let fitting = try Preprocessor(preprocessing, inputHeight: 32, inputWidth: 32)
    #expect(try fitting.crop(image) == image.pixels)
    let other = try Preprocessor(preprocessing, inputHeight: 32, inputWidth: 31)
    let error = #expect(throws: MNV4Error.self) { try other.crop(image) }
    #expect(error?.reason.contains("31×32") == true)
  }

  /// One side of tens of thousands of pixels, the other of one: no more memory than the crop needs.
  @Test(arguments: [(1, 60_000), (60_000, 1), (3, 20_000)], ["bilinear", "bicubic"])
  func extremeRatiosAreTaken(size: (Int, Int), filter: String) throws {
    let count = size.0 * size.1 * 3
    let image = try RGBImage(
      width: size.0, height: size.1, pixels: [UInt8](repeating: 77, count: count))
    for mode in [ImagePreprocessing.ResizeMode.shorterSide, .stretch] {
      let preprocessor = try Preprocessor(
        Self.preprocessing(mode, filter, crop: 0.875), inputHeight: 16, inputWidth: 16)
      #expect(try preprocessor.crop(image).allSatisfy { $0 == 77 })
    }
  }

  @Test func argumentsAreChecked() throws {
    let preprocessing = try Self.preprocessing(.shorterSide, "bicubic")
    for (height, width) in [(0, 5), (5, -1), (.max, 5), (5, Preprocessor.maximumInputSide + 1)] {
      let error = #expect(throws: MNV4Error.self) {
        try Preprocessor(preprocessing, inputHeight: height, inputWidth: width)
      }
      #expect(error?.code == .invalidArgument)
    }
    let preprocessor = try Preprocessor(preprocessing, inputHeight: 4, inputWidth: 4)
    var short = [Float](repeating: 0, count: 47)
    let image = try Fixtures.ppm("resize/dot.ppm")
    short.withUnsafeMutableBufferPointer { output in
      let error = #expect(throws: MNV4Error.self) { try preprocessor.apply(image, into: output) }
      #expect(error?.code == .invalidArgument)
    }
    for (width, height, count) in [(0, 1, 0), (1, -1, 3), (2, 2, 11), (.max, .max, 3)] {
      let error = #expect(throws: MNV4Error.self) {
        try RGBImage(width: width, height: height, pixels: [UInt8](repeating: 0, count: count))
      }
      #expect(error?.code == .invalidArgument)
    }
  }
}
