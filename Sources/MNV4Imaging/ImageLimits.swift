/// What a picture file may ask for before it is refused.
///
/// Decoding needs up to 12 bytes a pixel at its peak (a progressive CMYK JPEG), and the file's bytes.
public struct ImageLimits: Hashable, Sendable {
  /// The most pixels of a picture, width times height.
  public var maximumPixelCount: Int
  /// The most bytes of a picture file.
  public var maximumFileByteCount: Int

  public init(maximumPixelCount: Int = 50_000_000, maximumFileByteCount: Int = 128 << 20) {
    self.maximumPixelCount = maximumPixelCount
    self.maximumFileByteCount = maximumFileByteCount
  }

  /// 50 million pixels, 128 MiB of file.
  public static let `default` = ImageLimits()

  /// Refuses a picture of no pixels or of more than the limit.
  func check(width: Int, height: Int) throws(ImageError) {
    guard width > 0, height > 0 else { throw .emptyPicture(width: width, height: height) }
    let (area, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, area <= maximumPixelCount else {
      throw .tooManyPixels(width: width, height: height, limit: maximumPixelCount)
    }
  }
}
