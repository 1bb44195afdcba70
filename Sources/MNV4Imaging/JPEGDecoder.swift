internal import CImageCodecs
internal import MNV4

/// Decodes JPEG files with libjpeg-turbo: accurate inverse transform, smooth chroma upsampling.
///
/// Any warning of the library, such as a bad Huffman code, refuses the file. The exceptions leave the
/// picture whole: bytes between segments, and bytes between the last block and the end-of-image
/// marker. Both are left out before the library sees the file.
enum JPEGDecoder {
  /// The stored picture, before its orientation is applied.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader
  ) throws(MNV4Error) -> RGBImage {
    do throws(Failure) {
      return try decode(bytes, without: header.strayRanges, header: header)
    } catch {
      guard case .bytesBeforeEnd(let count) = error, count <= header.endOffset else {
        throw error.publicError
      }
      let late = (header.endOffset - count)..<header.endOffset
      guard header.strayRanges.allSatisfy({ $0.upperBound <= late.lowerBound }) else {
        throw error.publicError
      }
      do throws(Failure) {
        return try decode(bytes, without: header.strayRanges + [late], header: header)
      } catch {
        throw error.publicError
      }
    }
  }

  private enum Failure: Error {
    case error(MNV4Error)
    /// So many bytes lie between the last block and the end-of-image marker.
    case bytesBeforeEnd(Int)

    var publicError: MNV4Error {
      switch self {
      case .error(let error): error
      case .bytesBeforeEnd(let count):
        ImageError.damagedJPEG("\(count) extraneous bytes before the end-of-image marker")
          .publicError
      }
    }
  }

  /// Decodes what is left of `bytes` without `ranges`, which are in order and apart.
  private static func decode(
    _ bytes: UnsafeRawBufferPointer, without ranges: [Range<Int>], header: JPEGHeader
  ) throws(Failure) -> RGBImage {
    guard !ranges.isEmpty else { return try decodeClean(bytes, header: header) }
    let count = bytes.count - ranges.reduce(0) { $0 + $1.count }
    let clean: [UInt8]
    do throws(MNV4Error) {
      clean = try [UInt8].allocating(count: count) { output in
        let target = UnsafeMutableRawBufferPointer(output)
        var position = 0
        var start = 0
        for range in ranges + [bytes.count..<bytes.count] {
          let end = position + range.lowerBound - start
          target[position..<end].copyBytes(from: bytes[start..<range.lowerBound])
          position = end
          start = range.upperBound
        }
      }
    } catch {
      throw .error(error)
    }
    return try clean.withUnsafeBufferPointer { (clean) throws(Failure) in
      try decodeClean(UnsafeRawBufferPointer(clean), header: header)
    }
  }

  private static func decodeClean(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader
  ) throws(Failure) -> RGBImage {
    var lateByteCount: Int?
    let image: RGBImage
    do throws(MNV4Error) {
      switch header.components.count {
      case 4:
        let count = header.width * header.height * 4
        let inks = try [UInt8].allocating(count: count) { (buffer) throws(MNV4Error) in
          lateByteCount = try decompress(bytes, header: header, format: TJPF_CMYK, into: buffer)
        }
        image = try CMYK.rgb(inks, width: header.width, height: header.height)
      default:
        image = try RGBImage(width: header.width, height: header.height) {
          (buffer) throws(MNV4Error) in
          lateByteCount = try decompress(bytes, header: header, format: TJPF_RGB, into: buffer)
        }
      }
    } catch {
      throw .error(error)
    }
    if let lateByteCount { throw .bytesBeforeEnd(lateByteCount) }
    return image
  }

  /// Writes every sample of `output`, or throws; or, where nothing but bytes before the end-of-image
  /// marker was found wrong, returns their number, and `output` is of no use.
  private static func decompress(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader, format: TJPF,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(MNV4Error) -> Int? {
    guard let handle = tjInitDecompress() else { throw ImageError.outOfMemory.publicError }
    defer { tjDestroy(handle) }
    let status = tjDecompress2(
      handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(bytes.count),
      output.baseAddress, Int32(header.width), 0, Int32(header.height), Int32(format.rawValue),
      TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
    guard status != 0 else { return nil }
    let message = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
    if message.contains("nsufficient memory") || message.contains("Memory allocation failure") {
      throw ImageError.outOfMemory.publicError
    }
    // Stopping at the first warning means that all before it was sound.
    if message.contains("extraneous bytes before marker 0xd9"),
      let count = message.split(separator: " ").lazy.compactMap({ Int($0) }).first
    {
      output.update(repeating: 0)
      return count
    }
    throw ImageError.damagedJPEG(message).publicError
  }
}
