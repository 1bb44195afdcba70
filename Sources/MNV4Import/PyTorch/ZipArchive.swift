internal import MNV4Core
internal import MNV4Graph

/// The directory of a ZIP file (PKWARE APPNOTE 6.3.10) whose entries are stored, as `torch.save`
/// writes it, all of its rules checked.
///
/// Every byte of the file belongs to one entry or to the directory: entries follow each other without
/// gap or overlap from byte 0 to the directory, and the end record is the file's last 22 bytes. The
/// two headers of an entry agree. ZIP64 fields and data descriptors are read; compressed, encrypted
/// and split files are refused, and so are comments. Checksums are checked when asked for.
struct ZipArchive {
  struct Entry {
    let name: String
    let checksum: UInt32
    /// Where the header begins.
    let headerOffset: Int
    let byteCount: Int
    let flags: UInt16
    /// Where the entry's bytes lie in the file.
    var range: Range<Int> = 0..<0
  }

  /// The longest name in UTF-8: Swift compares strings by canonical equivalence, whose time grows
  /// with the square of a run of combining marks.
  static let maximumNameByteCount = 256
  static let maximumEntryCount = 1 << 16

  /// In the directory's order.
  private(set) var entries: [Entry] = []
  private(set) var indices: [String: Int] = [:]
  private let file: ZipFields

  init(_ bytes: AlignedBuffer) throws(ZipError) {
    file = ZipFields(bytes)
    let directory = try ZipDirectoryLocation(file)
    try readDirectory(directory)
    try checkOrder(directoryOffset: directory.range.lowerBound)
  }

  subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// Compares the entry's bytes with its checksum.
  func verify(_ entry: Entry) throws(ZipError) {
    let found = file.bytes.withUnsafeBytes {
      CRC32.iso.checksum(UnsafeRawBufferPointer(rebasing: $0[entry.range]))
    }
    guard found == entry.checksum else {
      throw .checksum(entry: entry.name, expected: entry.checksum, found: found)
    }
  }

  // MARK: Directory

  private mutating func readDirectory(_ directory: ZipDirectoryLocation) throws(ZipError) {
    var position = directory.range.lowerBound
    for index in 0..<directory.entryCount {
      let place = "ZIP directory entry \(index)"
      try file.expect(0x0201_4B50 as UInt32, at: position, place, "signature")
      let flags = try file.integer(UInt16.self, at: position + 8, place)
      let method = try file.integer(UInt16.self, at: position + 10, place)
      let checksum = try file.integer(UInt32.self, at: position + 16, place)
      let nameByteCount = Int(try file.integer(UInt16.self, at: position + 28, place))
      let extraByteCount = Int(try file.integer(UInt16.self, at: position + 30, place))
      try file.expect(0 as UInt16, at: position + 32, place, "comment length")
      let name = try file.name(
        at: position + 46, byteCount: nameByteCount, limit: Self.maximumNameByteCount, place)
      let entryPlace = "entry \(name.quoted)"
      try file.expect(0 as UInt16, at: position + 34, entryPlace, "disk number")
      let extra = position + 46 + nameByteCount..<position + 46 + nameByteCount + extraByteCount
      var wide = try ZipWideFields(file, extra, entryPlace)
      // ZIP64 lists what does not fit its field, in this order.
      let byteCount = try wide.value(file.integer(UInt32.self, at: position + 24, place))
      let storedByteCount = try wide.value(file.integer(UInt32.self, at: position + 20, place))
      let headerOffset = try wide.value(file.integer(UInt32.self, at: position + 42, place))
      if flags & 1 != 0 { throw .encrypted(entry: name) }
      guard method == 0 else { throw .compressed(entry: name, method: Int(method)) }
      // Bit 3: the sizes follow the bytes; bit 11: names are UTF-8.
      guard flags & ~0x0808 == 0 else {
        throw .field(
          place: entryPlace, field: "flags", expected: "bits 3 and 11 alone", found: "\(flags)")
      }
      guard byteCount == storedByteCount else {
        throw .field(
          place: entryPlace, field: "stored size", expected: "\(byteCount)",
          found: "\(storedByteCount)")
      }
      position = extra.upperBound
      guard position <= directory.range.upperBound else { throw .truncated(place: place) }
      guard indices.updateValue(entries.count, forKey: name) == nil else {
        throw .duplicateEntry(name)
      }
      entries.append(
        Entry(
          name: name, checksum: checksum, headerOffset: headerOffset, byteCount: byteCount,
          flags: flags))
    }
    guard position == directory.range.upperBound else {
      throw .field(
        place: "ZIP directory", field: "size", expected: "\(directory.range.count) bytes",
        found: "\(position - directory.range.lowerBound)")
    }
  }

  // MARK: Entries

  /// Reads every entry's own header; refuses gaps and overlaps.
  private mutating func checkOrder(directoryOffset: Int) throws(ZipError) {
    let order = entries.indices.sorted {
      (entries[$0].headerOffset, $0) < (entries[$1].headerOffset, $1)
    }
    var end = 0
    for index in order {
      let entry = entries[index]
      if entry.headerOffset < end {
        throw .overlap(entry: entry.name, begin: entry.headerOffset, previousEnd: end)
      }
      if entry.headerOffset > end {
        throw .gap(
          place: "entry \(entry.name.quoted)", begin: entry.headerOffset, previousEnd: end)
      }
      guard entry.headerOffset < directoryOffset else {
        throw .truncated(place: "entry \(entry.name.quoted)")
      }
      let start = try checkHeader(of: entry)
      guard start <= directoryOffset, entry.byteCount <= directoryOffset - start else {
        throw .truncated(place: "entry \(entry.name.quoted)")
      }
      entries[index].range = start..<start + entry.byteCount
      end = try checkDescriptor(of: entry, at: start + entry.byteCount)
    }
    guard end == directoryOffset else {
      if end > directoryOffset { throw .truncated(place: "the last entry") }
      throw .gap(place: "ZIP directory", begin: directoryOffset, previousEnd: end)
    }
  }

  /// Compares the header before the entry's bytes with the directory.
  ///
  /// - Returns: where the bytes begin.
  private func checkHeader(of entry: Entry) throws(ZipError) -> Int {
    let place = "header of entry \(entry.name.quoted)"
    let start = entry.headerOffset
    try file.expect(0x0403_4B50 as UInt32, at: start, place, "signature")
    try file.expect(entry.flags, at: start + 6, place, "flags")
    try file.expect(0 as UInt16, at: start + 8, place, "compression method")
    let checksum = try file.integer(UInt32.self, at: start + 14, place)
    let storedByteCount = try file.integer(UInt32.self, at: start + 18, place)
    let byteCount = try file.integer(UInt32.self, at: start + 22, place)
    let nameByteCount = Int(try file.integer(UInt16.self, at: start + 26, place))
    let extraByteCount = Int(try file.integer(UInt16.self, at: start + 28, place))
    let name = try file.name(
      at: start + 30, byteCount: nameByteCount, limit: Self.maximumNameByteCount, place)
    guard Array(name.utf8) == Array(entry.name.utf8) else {
      throw .field(
        place: place, field: "name", expected: entry.name.quoted, found: name.quoted)
    }
    let extra = start + 30 + nameByteCount..<start + 30 + nameByteCount + extraByteCount
    var wide = try ZipWideFields(file, extra, place)
    let sizes = (try wide.value(byteCount), try wide.value(storedByteCount))
    // Where the sizes follow the bytes, the header may leave them open.
    if entry.flags & 8 != 0, checksum == 0, sizes == (0, 0) { return extra.upperBound }
    for size in [sizes.0, sizes.1] where size != entry.byteCount {
      throw .field(
        place: place, field: "size", expected: "\(entry.byteCount)", found: "\(size)")
    }
    guard checksum == entry.checksum || (entry.flags & 8 != 0 && checksum == 0) else {
      throw .field(
        place: place, field: "CRC-32", expected: "\(entry.checksum)", found: "\(checksum)")
    }
    return extra.upperBound
  }

  /// Compares the checksum and sizes that follow the entry's bytes, where bit 3 announces them.
  ///
  /// - Returns: where the next entry begins.
  private func checkDescriptor(of entry: Entry, at offset: Int) throws(ZipError) -> Int {
    guard entry.flags & 8 != 0 else { return offset }
    let place = "data descriptor of entry \(entry.name.quoted)"
    try file.expect(0x0807_4B50 as UInt32, at: offset, place, "signature")
    try file.expect(entry.checksum, at: offset + 4, place, "CRC-32")
    if let narrow = UInt32(exactly: entry.byteCount), narrow < .max {
      try file.expect(narrow, at: offset + 8, place, "stored size")
      try file.expect(narrow, at: offset + 12, place, "size")
      return offset + 16
    }
    try file.expect(UInt64(entry.byteCount), at: offset + 8, place, "stored size")
    try file.expect(UInt64(entry.byteCount), at: offset + 16, place, "size")
    return offset + 24
  }
}
