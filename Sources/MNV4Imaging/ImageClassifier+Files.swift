public import MNV4

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension ImageClassifier {
  /// The best classes of the JPEG or PNG picture in a file, the most probable first.
  ///
  /// - Throws: `unreadableFile`, `invalidImage` or `unsupportedImage`, naming the file.
  public func classify(imageAt url: URL, top: Int = 5) throws(MNV4Error) -> [Classification] {
    guard url.isFileURL else {
      throw MNV4Error(.unreadableFile, file: "\(url)", "expected a file URL")
    }
    return try classify(imageAtPath: url.path, top: top)
  }

  /// The same for a picture that lies in memory, the bytes of a JPEG or PNG file: the body of a
  /// request, say.
  public func classify(
    encoded bytes: [UInt8], top: Int = 5
  ) throws(MNV4Error) -> [Classification] {
    try classify(RGBImage(encoded: bytes), top: top)
  }

  /// The same for the file at `path`.
  public func classify(
    imageAtPath path: String, top: Int = 5
  ) throws(MNV4Error) -> [Classification] {
    let image = try RGBImage(contentsOf: path)
    do { return try classify(image, top: top) } catch { throw error.inFile(path) }
  }
}
