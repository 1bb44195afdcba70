import ArgumentParser
import MNV4CommandSupport
import MNV4Graph

/// Flags that replace parts of an architecture's preprocessing.
struct PreprocessingOptions: ParsableArguments {
  enum Resize: String, ExpressibleByArgument, CaseIterable {
    case shorterSide = "shorter-side"
    case stretch
    case none
  }

  enum Filter: String, ExpressibleByArgument, CaseIterable {
    case bilinear
    case bicubic
  }

  @Option(help: "How a picture is brought to size.")
  var resize: Resize?

  @Option(help: "The filter of the resize.")
  var interpolation: Filter?

  @Option(help: "The part of the resized picture that the centre crop keeps, above 0.1, at most 1.")
  var cropFraction: Double?

  @Option(
    help: ArgumentHelp("Mean of each channel, of a range of 0 to 1.", valueName: "r,g,b"))
  var mean: String?

  @Option(
    help: ArgumentHelp(
      "Standard deviation of each channel, of a range of 0 to 1.", valueName: "r,g,b"))
  var std: String?

  /// The architecture's preprocessing with the given parts replaced; without one, `mean` and `std`
  /// are needed as soon as a part is given.
  func applied(to base: ImagePreprocessing?) throws -> ImagePreprocessing? {
    let mean = try self.mean.map { try Self.triple($0, "--mean") } ?? base?.mean
    let deviation = try self.std.map { try Self.triple($0, "--std") } ?? base?.standardDeviation
    guard let mean, let deviation else {
      guard let option = given.first else { return nil }
      throw ValidationError(
        "\(option): the preprocessing of this network is not known: --mean and --std are needed, "
          + "too.")
    }
    let mode: ImagePreprocessing.ResizeMode =
      switch resize {
      case .shorterSide: .shorterSide
      case .stretch: .stretch
      case .some(.none): .none
      case nil: base?.resizeMode ?? .shorterSide
      }
    let filter: ImagePreprocessing.Interpolation =
      switch interpolation {
      case .bilinear: .bilinear
      case .bicubic: .bicubic
      case nil: base?.interpolation ?? .bilinear
      }
    do {
      return try ImagePreprocessing(
        resizeMode: mode, interpolation: filter,
        cropFraction: cropFraction ?? base?.cropFraction ?? 1,
        channelOrder: base?.channelOrder ?? .rgb, mean: mean, standardDeviation: deviation)
    } catch {
      throw ValidationError("\(error).")
    }
  }

  /// The options that were given.
  private var given: [String] {
    let options = [
      ("--resize", resize != nil), ("--interpolation", interpolation != nil),
      ("--crop-fraction", cropFraction != nil), ("--mean", mean != nil), ("--std", std != nil),
    ]
    return options.filter(\.1).map(\.0)
  }

  private static func triple(_ text: String, _ option: String) throws -> [Float] {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Float($0.trimmingSpaces)
    }
    let numbers = fields.compactMap(\.self)
    guard fields.count == 3, numbers.count == 3 else {
      throw ValidationError("\(option): expected three numbers, found '\(text)'.")
    }
    return numbers
  }
}
