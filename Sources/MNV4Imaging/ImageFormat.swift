/// What the first bytes of a file say it is; its name has no say.
enum ImageFormat: Hashable {
  case jpeg
  case png

  init(of bytes: UnsafeRawBufferPointer) throws(ImageError) {
    guard !bytes.isEmpty else { throw .emptyFile }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: PNGScanner.signature) {
      self = .png
    } else if let name = Self.unsupportedName(of: bytes) {
      throw .unsupportedFormat(name)
    } else {
      throw .unknownFormat
    }
  }

  /// The name of a format that people send but that is not read.
  private static func unsupportedName(of bytes: UnsafeRawBufferPointer) -> String? {
    func has(_ text: String, at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: text.utf8)
    }
    if has("ftyp", at: 4) {
      switch true {
      case has("avif", at: 8), has("avis", at: 8): return "AVIF"
      case has("hei", at: 8), has("hev", at: 8), has("mif1", at: 8), has("msf1", at: 8):
        return "HEIC"
      default: return "a video or another ISO media file"
      }
    }
    if has("RIFF") { return has("WEBP", at: 8) ? "WebP" : "a RIFF file" }
    let names: [(String, String)] = [
      ("GIF8", "GIF"), ("BM", "BMP"), ("%PDF", "PDF"), ("8BPS", "Photoshop"), ("II*\0", "TIFF"),
      ("MM\0*", "TIFF"), ("<svg", "SVG"), ("<?xml", "XML"), ("qoif", "QOI"), ("P1\n", "PBM"),
      ("P2\n", "PGM"), ("P3\n", "PPM"), ("P4\n", "PBM"), ("P5\n", "PGM"), ("P6\n", "PPM"),
      ("\0\0\u{1}\0", "an icon"), ("\0\0\0\u{C}jP  ", "JPEG 2000"), ("\0\0\0\u{C}JXL ", "JPEG XL"),
    ]
    for (magic, name) in names where has(magic) { return name }
    if bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "JPEG 2000" }
    if bytes.starts(with: [0xFF, 0x0A]) { return "JPEG XL" }
    return nil
  }
}
