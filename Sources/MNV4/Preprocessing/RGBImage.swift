/// A picture of 8-bit samples in memory: red, green, blue, row after row from the top left.
public struct RGBImage: Hashable, Sendable {
  public let width: Int
  public let height: Int
  /// `width · height · 3` samples, interleaved; row `y` starts at `y · width · 3`.
  public let pixels: [UInt8]

  /// Takes over pixels that lie in memory already.
  ///
  /// Throws `invalidArgument` where a side is below 1 or `pixels` has not `width · height · 3`
  /// elements.
  public init(width: Int, height: Int, pixels: [UInt8]) throws(MNV4Error) {
    guard let count = Self.sampleCount(width: width, height: height) else {
      throw MNV4Error(
        .invalidArgument, "expected a picture of at least 1×1 pixels, found \(width)×\(height)")
    }
    guard pixels.count == count else {
      throw MNV4Error(
        .invalidArgument,
        "expected \(count) samples for \(width)×\(height) pixels, found \(pixels.count)")
    }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Makes a picture whose samples `fill` writes, every one of them.
  ///
  /// Throws `outOfResources` where the system has no such amount of memory, and what `fill` throws.
  package init(
    width: Int, height: Int,
    filling fill: (UnsafeMutableBufferPointer<UInt8>) throws(MNV4Error) -> Void
  ) throws(MNV4Error) {
    guard let count = Self.sampleCount(width: width, height: height) else {
      throw MNV4Error(
        .invalidArgument, "expected a picture of at least 1×1 pixels, found \(width)×\(height)")
    }
    let pixels = try [UInt8].allocating(count: count, filling: fill)
    try self.init(width: width, height: height, pixels: pixels)
  }

  /// The samples of a picture of this size; nil where a side is below 1 or the number overflows.
  package static func sampleCount(width: Int, height: Int) -> Int? {
    guard width > 0, height > 0 else { return nil }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    let (count, overflowAgain) = area.multipliedReportingOverflow(by: 3)
    return overflow || overflowAgain ? nil : count
  }
}
