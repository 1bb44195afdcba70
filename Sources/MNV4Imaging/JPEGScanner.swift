/// Walks the segments of a JPEG file (ITU-T T.81 Annex B) from its start to its end-of-image marker.
///
/// The walk decodes nothing and allocates next to nothing, so that a file is refused for what it
/// claims, or for where it breaks off, before the decoder sees it.
struct JPEGScanner {
  /// The most block visits that a file may ask of the decoder: eight passes over 50 megapixels
  /// without chroma subsampling are 19 million. Arithmetic coding counts each sixteen times.
  static let maximumVisitedBlockCount = 1 << 25
  private static let arithmeticCost = 16
  /// The most separate stretches of stray bytes that are left out of a file.
  static let maximumStrayRangeCount = 4_096

  private let bytes: UnsafeRawBufferPointer
  private let limits: ImageLimits
  private var position = 2
  private var header: JPEGHeader?
  private var stray: [Range<Int>] = []
  private var exif: [UInt8]?
  private var xmp: Range<Int>?

  /// `bytes` starts with a start-of-image marker.
  static func scan(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(ImageError) -> JPEGHeader {
    var scanner = JPEGScanner(bytes: bytes, limits: limits)
    return try scanner.run()
  }

  private init(bytes: UnsafeRawBufferPointer, limits: ImageLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  private mutating func run() throws(ImageError) -> JPEGHeader {
    while true {
      let marker = try nextMarker()
      switch marker {
      case 0xD8: throw .damagedJPEG("a second start-of-image marker at byte \(position - 2)")
      case 0xD9: return try finish()
      case 0x01, 0xD0...0xD7: continue
      default: break
      }
      guard let length = bytes.unsigned16(at: position) else { throw Self.truncated }
      guard length >= 2 else {
        throw .damagedJPEG("segment length \(length) at byte \(position), expected 2 or more")
      }
      guard length <= bytes.count - position else { throw Self.truncated }
      let segment = (position + 2)..<(position + length)
      position += length
      switch marker {
      case 0xC0, 0xC1, 0xC2, 0xC9, 0xCA: try readFrame(marker, segment)
      case 0xC3: throw .unsupportedJPEG("lossless coding")
      case 0xC5...0xC7, 0xCD...0xCF: throw .unsupportedJPEG("hierarchical coding")
      case 0xCB: throw .unsupportedJPEG("lossless arithmetic coding")
      case 0xF7: throw .unsupportedJPEG("JPEG-LS coding")
      case 0xDA: try readScan(segment)
      case 0xE1: readMetadata(segment)
      default: break
      }
    }
  }

  private static let truncated = ImageError.damagedJPEG(
    "premature end: the file stops before its end-of-image marker")

  /// Moves past the next marker and returns its code.
  private mutating func nextMarker() throws(ImageError) -> UInt8 {
    let start = position
    while true {
      while position < bytes.count, bytes[position] != 0xFF { position += 1 }
      let end = position
      while position < bytes.count, bytes[position] == 0xFF { position += 1 }
      guard position < bytes.count else { throw Self.truncated }
      let code = bytes[position]
      position += 1
      guard code != 0 else { continue }
      if end > start {
        guard stray.count < Self.maximumStrayRangeCount else {
          throw .damagedJPEG(
            "expected at most \(Self.maximumStrayRangeCount) stretches of stray bytes, found more")
        }
        stray.append(start..<end)
      }
      return code
    }
  }

  private mutating func readFrame(_ marker: UInt8, _ segment: Range<Int>) throws(ImageError) {
    guard header == nil else { throw .damagedJPEG("a second frame header") }
    let part = bytes.part(segment)
    guard part.count >= 6, let height = part.unsigned16(at: 1), let width = part.unsigned16(at: 3)
    else { throw .damagedJPEG("a frame header of \(part.count) bytes") }
    guard part[0] == 8 else { throw .unsupportedJPEG("\(part[0])-bit samples") }
    guard height > 0 else { throw .unsupportedJPEG("a height given after the picture") }
    try limits.check(width: width, height: height)
    let count = Int(part[5])
    guard part.count == 6 + 3 * count else {
      throw .damagedJPEG("a frame header of \(part.count) bytes for \(count) components")
    }
    guard [1, 3, 4].contains(count) else { throw .unsupportedJPEG("\(count) components") }
    var components: [JPEGHeader.Component] = []
    for index in 0..<count {
      let sampling = part[7 + 3 * index]
      let component = JPEGHeader.Component(
        identifier: part[6 + 3 * index], horizontalSampling: Int(sampling >> 4),
        verticalSampling: Int(sampling & 15))
      for factor in [component.horizontalSampling, component.verticalSampling]
      where !(1...4).contains(factor) {
        throw .damagedJPEG("sampling factor \(factor), expected 1 to 4")
      }
      components.append(component)
    }
    header = JPEGHeader(
      width: width, height: height,
      coding: marker == 0xC2 || marker == 0xCA ? .progressive : .sequential,
      isArithmetic: marker == 0xC9 || marker == 0xCA, components: components)
  }

  private mutating func readScan(_ segment: Range<Int>) throws(ImageError) {
    guard var header else { throw .damagedJPEG("a scan before the frame header") }
    let part = bytes.part(segment)
    let count = part.isEmpty ? 0 : Int(part[0])
    guard (1...4).contains(count), part.count == 4 + 2 * count else {
      throw .damagedJPEG("a scan header of \(part.count) bytes for \(count) components")
    }
    for index in 0..<count {
      let identifier = part[1 + 2 * index]
      guard let found = header.components.firstIndex(where: { $0.identifier == identifier }) else {
        throw .damagedJPEG("a scan of component \(identifier), which the frame has not")
      }
      header.components[found].scanCount += 1
      header.visitedBlockCount +=
        header.blockCount(ofComponent: found, interleaved: count > 1)
        * (header.isArithmetic ? Self.arithmeticCost : 1)
    }
    guard header.visitedBlockCount <= Self.maximumVisitedBlockCount else {
      throw .unsupportedJPEG("too many scans for \(header.width)×\(header.height) pixels")
    }
    header.scanCount += 1
    let start = position
    skipEntropyCodedData()
    header.entropyByteCount += position - start
    self.header = header
  }

  /// Moves to the first marker that ends a scan; to the end of the file where none does.
  private mutating func skipEntropyCodedData() {
    while position < bytes.count - 1 {
      guard bytes[position] == 0xFF else {
        position += 1
        continue
      }
      switch bytes[position + 1] {
      case 0x00, 0xD0...0xD7: position += 2
      case 0xFF: position += 1
      default: return
      }
    }
    position = bytes.count
  }

  private mutating func readMetadata(_ segment: Range<Int>) {
    let part = bytes.part(segment)
    // What comes after the first scan is too late to count.
    guard header?.scanCount ?? 0 == 0 else { return }
    if part.starts(with: "Exif\0\0".utf8) {
      exif = exif.map { $0 + part[6...] } ?? Array(part)
    } else {
      let name = "http://ns.adobe.com/xap/1.0/\0".utf8
      if part.starts(with: name) { xmp = (segment.lowerBound + name.count)..<segment.upperBound }
    }
  }

  private func finish() throws(ImageError) -> JPEGHeader {
    guard var header else { throw .damagedJPEG("no frame header before the end of the image") }
    for component in header.components where component.scanCount == 0 {
      throw .damagedJPEG("no scan of component \(component.identifier)")
    }
    try checkEntropyByteCount(header)
    header.strayRanges = stray
    header.endOffset = position - 2
    let finding = exif.map { bytes in bytes.withUnsafeBytes { EXIF.orientation(in: $0) } }
    switch finding ?? .absent {
    case .found(let orientation): header.orientation = orientation
    case .absent:
      if let xmp { header.orientation = EXIF.orientation(inXMP: bytes.part(xmp)) ?? .upright }
    }
    return header
  }

  /// Refuses a file too short for its claim. No Huffman code is shorter than a bit, and every block
  /// has one for its first coefficient, and in sequential coding another for the rest.
  private func checkEntropyByteCount(_ header: JPEGHeader) throws(ImageError) {
    guard !header.isArithmetic else { return }
    let blockCount = header.components.indices.reduce(0) {
      $0 + header.blockCount(ofComponent: $1, interleaved: false)
    }
    let bitCount = blockCount * (header.coding == .sequential ? 2 : 1)
    guard header.entropyByteCount >= bitCount / 8 else {
      throw .damagedJPEG(
        "premature end: \(header.entropyByteCount) bytes of picture data for "
          + "\(header.width)×\(header.height) pixels")
    }
  }
}
