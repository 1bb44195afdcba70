internal import MNV4Core

/// Walks the chunks of a PNG file (W3C PNG, third edition) and keeps those that make the picture.
///
/// Lengths, checksums and the chunks' order are checked here, so that a damaged file is refused before
/// it is decoded; the rest is the decoder's.
struct PNGScanner {
  /// What a PNG file says of itself before any of its picture is decoded.
  struct Header {
    var width: Int
    var height: Int
    var bitDepth: Int
    var colorType: Int
    var orientation = Orientation.upright
    /// The chunks to decode, in order, signature first: header, palette, picture data, end.
    var kept: [Range<Int>]
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// What DEFLATE expands one byte to at most.
  private static let maximumExpansion = 1032

  /// `bytes` starts with the signature.
  static func scan(
    _ bytes: UnsafeRawBufferPointer, limits: ImageLimits
  ) throws(ImageError) -> Header {
    var position = signature.count
    var header: Header?
    var exif: Range<Int>?
    var xmp: Range<Int>?
    var dataByteCount = 0
    var dataEnd: Int?
    while true {
      guard let length = bytes.unsigned32(at: position),
        let kind = bytes.unsigned32(at: position + 4)
      else { throw truncated }
      let name = try chunkName(kind)
      guard length <= Int(Int32.max) else {
        throw .damagedPNG("chunk \(name) of \(length) bytes, more than the format allows")
      }
      guard length <= bytes.count - position - 12 else { throw truncated }
      let content = (position + 8)..<(position + 8 + length)
      let chunk = position..<(position + 12 + length)
      position = chunk.upperBound
      try check(bytes, chunk, name: name)
      guard var found = header else {
        guard name == "IHDR" else { throw .damagedPNG("chunk \(name) where IHDR is expected") }
        header = try readHeader(bytes, content, limits: limits)
        header?.kept.append(chunk)
        continue
      }
      switch name {
      case "IHDR": throw .damagedPNG("a second IHDR chunk")
      case "PLTE": found.kept.append(chunk)
      case "IDAT":
        guard dataEnd == nil || dataEnd == chunk.lowerBound else {
          throw .damagedPNG("IDAT chunks with others between them")
        }
        dataEnd = chunk.upperBound
        dataByteCount += length
        found.kept.append(chunk)
      case "IEND":
        guard dataEnd != nil else { throw .damagedPNG("no IDAT chunk") }
        try check(dataByteCount: dataByteCount, for: found)
        found.kept.append(chunk)
        found.orientation = orientation(bytes, exif: exif, xmp: xmp)
        return found
      default:
        guard kind & 0x2000_0000 != 0 else {
          throw .unsupportedPNG("unknown critical chunk \(name)")
        }
        if name == "eXIf" { exif = content }
        if name == "iTXt" { xmp = xmpPacket(bytes, content) ?? xmp }
      }
      header = found
    }
  }

  private static let truncated = ImageError.damagedPNG(
    "premature end: the file stops before its IEND chunk")

  private static func chunkName(_ kind: Int) throws(ImageError) -> String {
    var name = ""
    for shift in [24, 16, 8, 0] {
      let letter = UInt8(truncatingIfNeeded: kind >> shift)
      switch letter {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
        name.unicodeScalars.append(Unicode.Scalar(letter))
      default:
        throw .damagedPNG("a chunk name of other bytes than letters")
      }
    }
    return name
  }

  private static func readHeader(
    _ bytes: UnsafeRawBufferPointer, _ content: Range<Int>, limits: ImageLimits
  ) throws(ImageError) -> Header {
    let part = bytes.part(content)
    guard part.count == 13, let width = part.unsigned32(at: 0), let height = part.unsigned32(at: 4)
    else { throw .damagedPNG("an IHDR chunk of \(part.count) bytes, expected 13") }
    try limits.check(width: width, height: height)
    let header = Header(
      width: width, height: height, bitDepth: Int(part[8]), colorType: Int(part[9]),
      kept: [0..<signature.count])
    let depths: [Int: [Int]] = [
      0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
    ]
    guard depths[header.colorType]?.contains(header.bitDepth) == true else {
      throw .damagedPNG("colour type \(header.colorType) of \(header.bitDepth) bits")
    }
    guard part[10] == 0 else { throw .damagedPNG("compression method \(part[10]), expected 0") }
    guard part[11] == 0 else { throw .damagedPNG("filter method \(part[11]), expected 0") }
    guard part[12] <= 1 else { throw .damagedPNG("interlace method \(part[12]), expected 0 or 1") }
    return header
  }

  private static func check(
    _ bytes: UnsafeRawBufferPointer, _ chunk: Range<Int>, name: String
  ) throws(ImageError) {
    let stored = bytes.unsigned32(at: chunk.upperBound - 4)
    let computed = CRC32.iso.checksum(bytes.part((chunk.lowerBound + 4)..<(chunk.upperBound - 4)))
    guard stored == Int(computed) else { throw .damagedPNG("bad checksum in chunk \(name)") }
  }

  /// Refuses a file too short for its claim.
  private static func check(dataByteCount: Int, for header: Header) throws(ImageError) {
    let channelCounts = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4]
    let bitCount =
      header.width * header.height * header.bitDepth * (channelCounts[header.colorType] ?? 1)
    guard dataByteCount * maximumExpansion >= bitCount / 8 else {
      throw .damagedPNG(
        "premature end: \(dataByteCount) bytes of picture data for "
          + "\(header.width)×\(header.height) pixels")
    }
  }

  /// The packet of an uncompressed international text chunk with the keyword of XMP.
  private static func xmpPacket(
    _ bytes: UnsafeRawBufferPointer, _ content: Range<Int>
  ) -> Range<Int>? {
    let keyword = "XML:com.adobe.xmp\0\0\0".utf8
    guard bytes.part(content).starts(with: keyword) else { return nil }
    var start = content.lowerBound + keyword.count
    for _ in 0..<2 {
      guard let end = bytes.part(start..<content.upperBound).firstIndex(of: 0) else { return nil }
      start += end + 1
    }
    return start..<content.upperBound
  }

  private static func orientation(
    _ bytes: UnsafeRawBufferPointer, exif: Range<Int>?, xmp: Range<Int>?
  ) -> Orientation {
    if let exif, case .found(let orientation) = EXIF.orientation(in: bytes.part(exif)) {
      return orientation
    }
    return xmp.flatMap { EXIF.orientation(inXMP: bytes.part($0)) } ?? .upright
  }
}
