internal import CImageCodecs
internal import MNV4

/// Decodes JPEG files with libjpeg-turbo: accurate inverse transform, smooth chroma upsampling.
///
/// Any warning of the library, such as a bad Huffman code, refuses the file. The exceptions leave the
/// picture whole: bytes between segments, which are left out beforehand, and bytes between the last
/// block and the end-of-image marker.
enum JPEGDecoder {
  /// The stored picture, before its orientation is applied.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader
  ) throws(MNV4Error) -> RGBImage {
    guard !header.strayRanges.isEmpty else { return try decodeClean(bytes, header: header) }
    var clean: [UInt8] = []
    clean.reserveCapacity(bytes.count)
    var start = 0
    for range in header.strayRanges {
      clean.append(contentsOf: bytes[start..<range.lowerBound])
      start = range.upperBound
    }
    clean.append(contentsOf: bytes[start...])
    return try withBytes(of: clean) { (bytes) throws(MNV4Error) in
      try decodeClean(bytes, header: header)
    }
  }

  private static func decodeClean(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader
  ) throws(MNV4Error) -> RGBImage {
    switch header.components.count {
    case 4:
      let (count, _) = header.width.multipliedReportingOverflow(by: header.height * 4)
      let inks = try [UInt8].allocating(count: count) { (buffer) throws(MNV4Error) in
        try decompress(bytes, header: header, format: TJPF_CMYK, into: buffer)
      }
      return try CMYK.rgb(inks, width: header.width, height: header.height)
    default:
      return try RGBImage(width: header.width, height: header.height) {
        (buffer) throws(MNV4Error) in
        try decompress(bytes, header: header, format: TJPF_RGB, into: buffer)
      }
    }
  }

  private static func decompress(
    _ bytes: UnsafeRawBufferPointer, header: JPEGHeader, format: TJPF,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(MNV4Error) {
    guard let handle = tjInitDecompress() else { throw ImageError.outOfMemory.publicError }
    defer { tjDestroy(handle) }
    let status = tjDecompress2(
      handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(bytes.count),
      output.baseAddress, Int32(header.width), 0, Int32(header.height), Int32(format.rawValue),
      TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
    guard status != 0 else { return }
    let message = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
    // Said after the last row of a file of one scan, and of one before the others.
    if message.contains("extraneous bytes before marker 0xd9"), isOneScan(header) { return }
    if message.contains("nsufficient memory") || message.contains("Memory allocation failure") {
      throw ImageError.outOfMemory.publicError
    }
    throw ImageError.damagedJPEG(message).publicError
  }

  private static func isOneScan(_ header: JPEGHeader) -> Bool {
    header.coding == .sequential && header.scanCount == 1
  }

  private static func withBytes<Result>(
    of array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(MNV4Error) -> Result
  ) throws(MNV4Error) -> Result {
    try array.withUnsafeBufferPointer { (elements) throws(MNV4Error) in
      try body(UnsafeRawBufferPointer(elements))
    }
  }
}
