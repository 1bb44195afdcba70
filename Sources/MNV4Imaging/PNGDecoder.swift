internal import CImageCodecs
internal import MNV4

/// Decodes PNG files with libspng: every bit depth and colour type, interlaced or not.
///
/// Transparency is dropped, not blended; samples of 16 bits keep their high byte.
enum PNGDecoder {
  /// The stored picture, before its orientation is applied.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, header: PNGScanner.Header
  ) throws(MNV4Error) -> RGBImage {
    let keptCount = header.kept.reduce(0) { $0 + $1.count }
    let kept = try [UInt8].allocating(count: keptCount) { buffer in
      var position = 0
      for range in header.kept {
        UnsafeMutableRawBufferPointer(buffer)[position..<(position + range.count)]
          .copyBytes(from: bytes[range])
        position += range.count
      }
    }
    return try RGBImage(width: header.width, height: header.height) {
      (output) throws(MNV4Error) in
      try kept.withUnsafeBufferPointer { (kept) throws(MNV4Error) in
        try decode(UnsafeRawBufferPointer(kept), into: output)
      }
    }
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(MNV4Error) {
    guard let context = spng_ctx_new(0) else { throw ImageError.outOfMemory.publicError }
    defer { spng_ctx_free(context) }
    try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
    var byteCount = 0
    let format = Int32(SPNG_FMT_RGB8.rawValue)
    try check(spng_decoded_image_size(context, format, &byteCount))
    guard byteCount == output.count else {
      throw ImageError.damagedPNG("\(byteCount) decoded bytes, expected \(output.count)")
        .publicError
    }
    try check(spng_decode_image(context, output.baseAddress, output.count, format, 0))
    try check(spng_decode_chunks(context))
  }

  private static func check(_ status: Int32) throws(MNV4Error) {
    guard status != 0 else { return }
    if status == Int32(SPNG_EMEM.rawValue) { throw ImageError.outOfMemory.publicError }
    let message = spng_strerror(status).map { String(cString: $0) } ?? "error \(status)"
    throw ImageError.damagedPNG(message).publicError
  }
}
