public import MNV4
internal import MNV4Core

extension RGBImage {
  /// Reads a JPEG or PNG file, whatever its name, and turns it upright.
  ///
  /// Throws `unreadableFile`, `invalidImage` for a damaged file, `unsupportedImage` for another
  /// format or one above a limit, `outOfResources`; each names the file.
  public init(
    contentsOf path: String, limits: ImageLimits = .default
  ) throws(MNV4Error) {
    let contents: AlignedBuffer
    do throws(FileError) {
      contents = try FileAccess.contents(
        of: path, maximumByteCount: max(limits.maximumFileByteCount, 0),
        accepting: { head, _ in (try? ImageFormat(of: head)) != nil })
    } catch {
      throw MNV4Error(error.imageCode, file: path, error.description)
    }
    do throws(MNV4Error) {
      self = try contents.withUnsafeBytes { (bytes) throws(MNV4Error) in
        try Self.decode(bytes, limits: limits)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the bytes of a JPEG or PNG file that lies in memory and turns the picture upright.
  ///
  /// Throws `invalidImage`, `unsupportedImage` or `outOfResources`.
  public init(encoded bytes: [UInt8], limits: ImageLimits = .default) throws(MNV4Error) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(MNV4Error) in
      try Self.decode(UnsafeRawBufferPointer(bytes), limits: limits)
    }
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(MNV4Error) -> RGBImage {
    let source: Source
    do throws(ImageError) {
      guard bytes.count <= limits.maximumFileByteCount else {
        throw .tooManyBytes(count: bytes.count, limit: limits.maximumFileByteCount)
      }
      switch try ImageFormat(of: bytes) {
      case .jpeg: source = .jpeg(try JPEGScanner.scan(bytes, limits: limits))
      case .png: source = .png(try PNGScanner.scan(bytes, limits: limits))
      }
    } catch {
      throw error.publicError
    }
    switch source {
    case .jpeg(let header):
      return try JPEGDecoder.decode(bytes, header: header).upright(from: header.orientation)
    case .png(let header):
      return try PNGDecoder.decode(bytes, header: header).upright(from: header.orientation)
    }
  }

  private enum Source {
    case jpeg(JPEGHeader)
    case png(PNGScanner.Header)
  }
}

extension FileError {
  /// The public code of a picture file that cannot be read.
  fileprivate var imageCode: MNV4Error.Code {
    switch self {
    case .system, .notARegularFile, .changedWhileReading: .unreadableFile
    case .tooLarge: .unsupportedImage
    case .allocation: .outOfResources
    }
  }
}
