/// The orientation in Exif and XMP metadata.
///
/// Nothing in metadata makes a picture unreadable: what cannot be understood means upright. Where
/// Pillow's `ImageOps.exif_transpose` understands a file, the result is the same, oddities included:
/// the first entry of a tag counts, an entry whose data lies outside ends the directory, and any
/// integer type will do, but BYTE.
enum EXIF {
  /// What the first directory says.
  enum Finding: Hashable {
    /// The directory has no orientation, or there is no directory.
    case absent
    /// The directory has an orientation; one of no meaning is upright.
    case found(Orientation)
  }

  private static let tag = 0x0112

  /// Reads a TIFF structure, with or without the six bytes that introduce it in JPEG files.
  static func orientation(in block: UnsafeRawBufferPointer) -> Finding {
    var bytes = block
    for _ in 0..<2 where bytes.starts(with: "Exif\0\0".utf8) {
      bytes = bytes.part(6..<bytes.count)
    }
    guard let order = byteOrder(of: bytes), let start = bytes.unsigned32(at: 4, order),
      let entryCount = bytes.unsigned16(at: start, order)
    else { return .absent }
    var outsideByteCount = 0
    for index in 0..<entryCount {
      let entry = start + 2 + index * 12
      guard entry <= bytes.count - 12, let found = bytes.unsigned16(at: entry, order),
        let type = bytes.unsigned16(at: entry + 2, order),
        let count = bytes.unsigned32(at: entry + 4, order),
        let offset = bytes.unsigned32(at: entry + 8, order)
      else { return .absent }
      guard let size = byteCount(ofType: type) else { continue }
      let total = size * count
      guard total > 0 else { continue }
      var place = entry + 8
      if total > 4 {
        outsideByteCount += total
        guard outsideByteCount <= bytes.count else { continue }
        guard offset <= bytes.count - total else { return .absent }
        place = offset
      }
      guard found == tag else { continue }
      return .found(
        value(ofType: type, at: place, in: bytes, order).flatMap(Orientation.init) ?? .upright)
    }
    return .absent
  }

  /// The orientation that an XMP packet names, as an attribute or an element.
  static func orientation(inXMP packet: UnsafeRawBufferPointer) -> Orientation? {
    let name = Array("tiff:Orientation".utf8)
    guard packet.count > name.count + 2 else { return nil }
    for start in 0..<(packet.count - name.count - 2) where packet[start] == name[0] {
      guard packet.part(start..<(start + name.count)).elementsEqual(name) else { continue }
      var end = start + name.count
      if packet[end] == UInt8(ascii: "=") {
        guard packet[end + 1] == UInt8(ascii: "\"") else { continue }
        end += 2
      } else if packet[end] == UInt8(ascii: ">") {
        end += 1
      } else {
        continue
      }
      guard end < packet.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(packet[end]) else {
        continue
      }
      return Orientation(rawValue: Int(packet[end] - UInt8(ascii: "0"))) ?? .upright
    }
    return nil
  }

  private static func byteOrder(of bytes: UnsafeRawBufferPointer) -> ByteOrder? {
    guard let mark = bytes.unsigned16(at: 0), let version = bytes.unsigned16(at: 2),
      version == 0x002A || version == 0x2A00
    else { return nil }
    switch mark {
    case 0x4949: return .littleEndian
    case 0x4D4D: return .bigEndian
    default: return nil
    }
  }

  /// The size of one value of a TIFF type; nil for a type that is unknown.
  private static func byteCount(ofType type: Int) -> Int? {
    switch type {
    case 1, 2, 6, 7: 1
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16: 8
    default: nil
    }
  }

  private static func value(
    ofType type: Int, at offset: Int, in bytes: UnsafeRawBufferPointer, _ order: ByteOrder
  ) -> Int? {
    switch type {
    case 3, 8: bytes.unsigned16(at: offset, order)
    case 4, 9, 13: bytes.unsigned32(at: offset, order)
    case 6: Int(bytes[offset])
    default: nil
    }
  }
}
