internal import MNV4Core

/// The first bytes of a file: signature, version, length, and the table of its sections.
struct Header {
  /// A byte that is no ASCII, then line ends that a transfer as text would change.
  static let signature: [UInt8] = [0x8D, 0x4D, 0x4E, 0x56, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version: UInt32 = 1
  /// Without the section table.
  static let byteCount = 32
  static let entryByteCount = 32
  /// Where the header's checksum stands; it covers the bytes before it and the section table.
  static let checksumOffset = 28
  static let maximumSectionCount = 64

  /// A section: bytes of the file under a checksum.
  struct Section {
    var kind: SectionKind
    var range: Range<Int>
    var checksum: UInt32
  }

  /// In the order of the file.
  var sections: [Section]

  func range(of kind: SectionKind) -> Range<Int>? {
    sections.first { $0.kind == kind }?.range
  }

  /// The next multiple of 64, for offsets within a file.
  static func aligned(_ offset: Int) -> Int {
    (offset + AlignedBuffer.alignment - 1) & ~(AlignedBuffer.alignment - 1)
  }

  /// The checksum of a header that is followed by `sectionCount` entries, all within `bytes`.
  static func checksum(of bytes: UnsafeRawBufferPointer, sectionCount: Int) -> UInt32 {
    let end = byteCount + sectionCount * entryByteCount
    return CRC32.castagnoli.checksum([
      UnsafeRawBufferPointer(rebasing: bytes[0..<checksumOffset]),
      UnsafeRawBufferPointer(rebasing: bytes[byteCount..<end]),
    ])
  }
}

// MARK: Reading

extension Header {
  /// Checks everything about a file but what its sections hold: header, table, checksums, padding.
  init(verifying file: AlignedBuffer) throws(FormatError) {
    let sectionCount = try Self.verifyFixedPart(of: file)
    let tableEnd = Self.byteCount + sectionCount * Self.entryByteCount
    var reader = ByteReader(
      file: file, range: Self.byteCount..<tableEnd, part: .sectionTable)
    var end = tableEnd
    sections = []
    for index in 0..<sectionCount {
      reader.subject = .item("entry", index)
      let section = try Self.readEntry(
        &reader, after: sections.last?.kind, end: end, fileEnd: file.byteCount)
      sections.append(section)
      end = section.range.upperBound
    }
    guard end == file.byteCount else {
      throw .field(
        .sectionTable, "end of the last section", offset: nil, expected: "\(file.byteCount)",
        found: "\(end)")
    }
    for kind in SectionKind.allCases where kind.isRequired && range(of: kind) == nil {
      throw .field(
        .sectionTable, "sections", offset: nil, expected: "section \(kind)", found: "none")
    }
    try verifyBytes(of: file, after: tableEnd)
  }

  /// Checks signature, version and length of a file of `fileByteCount` bytes by its first bytes:
  /// `byteCount` or more of them, or the whole of a shorter file.
  static func verifyStart(
    _ head: UnsafeRawBufferPointer, fileByteCount: Int
  ) throws(FormatError) {
    let found = Array(head.prefix(signature.count))
    guard found.elementsEqual(signature.prefix(found.count)) else {
      throw .signature(found: found)
    }
    let tooShort = FormatError.length(expected: UInt64(byteCount), found: fileByteCount)
    guard head.count >= 12 else { throw tooShort }
    let version = UInt32(littleEndian: head.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard version == Self.version else { throw .version(version) }
    guard head.count >= byteCount else { throw tooShort }
    let stated = UInt64(littleEndian: head.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    guard stated == UInt64(fileByteCount) else {
      throw .length(expected: stated, found: fileByteCount)
    }
  }

  /// The number of sections of a file whose header and table have the bytes that were written.
  private static func verifyFixedPart(of file: AlignedBuffer) throws(FormatError) -> Int {
    let bytes = file.unsafeBytes
    try verifyStart(bytes, fileByteCount: bytes.count)
    var reader = ByteReader(file: file, range: 12..<bytes.count, part: .header)
    let sectionCount = try reader.integer(UInt32.self, "section count")
    _ = try reader.integer(UInt64.self, "file length")
    guard sectionCount <= maximumSectionCount,
      byteCount + Int(sectionCount) * entryByteCount <= bytes.count
    else {
      let limit = min(maximumSectionCount, (bytes.count - byteCount) / entryByteCount)
      throw reader.failure(
        "section count", at: 12, expected: "at most \(limit)", found: "\(sectionCount)")
    }
    let reserved = try reader.integer(UInt32.self, "reserved")
    let stored = try reader.integer(UInt32.self, "checksum")
    let computed = checksum(of: bytes, sectionCount: Int(sectionCount))
    guard stored == computed else {
      throw .checksum(.header, stored: stored, computed: computed)
    }
    guard reserved == 0 else {
      throw reader.failure("reserved", at: 24, expected: "0", found: "\(reserved)")
    }
    return Int(sectionCount)
  }

  /// An entry of the table: its section begins at the first aligned byte after `end`.
  private static func readEntry(
    _ reader: inout ByteReader, after previous: SectionKind?, end: Int, fileEnd: Int
  ) throws(FormatError) -> Section {
    let start = reader.position
    let kind = try reader.code(SectionKind.self, "section kind")
    let flags = try reader.integer(UInt32.self, "reserved")
    let offset = try reader.integer(UInt64.self, "offset")
    let byteCount = try reader.integer(UInt64.self, "byte count")
    let checksum = try reader.integer(UInt32.self, "checksum")
    let reserved = try reader.integer(UInt32.self, "reserved")
    guard flags == 0, reserved == 0 else {
      throw reader.failure("reserved", at: start, expected: "0", found: "\(flags), \(reserved)")
    }
    if let previous, kind.rawValue <= previous.rawValue {
      throw reader.failure(
        "section kind", at: start, expected: "one above \(previous.rawValue)",
        found: "\(kind.rawValue)")
    }
    let begin = aligned(end)
    guard offset == UInt64(begin), begin <= fileEnd else {
      throw reader.failure("offset", at: start + 8, expected: "\(begin)", found: "\(offset)")
    }
    let limit = min(kind.maximumByteCount ?? .max, fileEnd - begin)
    guard byteCount <= UInt64(limit) else {
      throw reader.failure(
        "byte count", at: start + 16, expected: "at most \(limit)", found: "\(byteCount)")
    }
    return Section(kind: kind, range: begin..<begin + Int(byteCount), checksum: checksum)
  }

  private func verifyBytes(of file: AlignedBuffer, after tableEnd: Int) throws(FormatError) {
    var end = tableEnd
    for section in sections {
      var gap = ByteReader(
        file: file, range: end..<section.range.lowerBound, part: .section(section.kind))
      try gap.padding("padding before")
      let computed = CRC32.castagnoli.checksum(
        UnsafeRawBufferPointer(rebasing: file.unsafeBytes[section.range]))
      guard computed == section.checksum else {
        throw .checksum(.section(section.kind), stored: section.checksum, computed: computed)
      }
      end = section.range.upperBound
    }
  }
}
