internal import MNV4Core
internal import MNV4Graph

/// The entries of a `torch.save` file, all below one folder.
struct PyTorchArchive {
  /// The contents of `data.pkl`.
  let pickle: [UInt8]
  private let zip: ZipArchive
  private let folder: String
  /// The storages whose checksums are checked: each is read once.
  private var verified: Set<String> = []

  init(_ bytes: AlignedBuffer) throws(PyTorchError) {
    do { zip = try ZipArchive(bytes) } catch {
      // Of the files that PyTorch writes, programs alone are compressed, in part.
      if case .compressed(let entry, _) = error, entry.split(separator: "/").contains("code") {
        throw .torchScript
      }
      throw .zip(error)
    }
    let suffix = "/data.pkl"
    let names = zip.entries.map(\.name).filter { $0.hasSuffix(suffix) }
    guard let name = names.first else { throw .missingEntry("archive/data.pkl") }
    guard names.count == 1 else { throw .zip(.duplicateEntry(names[1])) }
    let folder = String(name.dropLast(suffix.count))
    self.folder = folder
    if zip["\(folder)/constants.pkl"] != nil { throw .torchScript }
    // Absent before PyTorch 2.1, which wrote the machine's order, in practice little-endian.
    if let order = try Self.word("\(folder)/byteorder", in: zip, bytes), order != "little" {
      throw .byteOrder(found: order)
    }
    if let version = try Self.word("\(folder)/version", in: zip, bytes) {
      let digits = version.hasSuffix("\n") ? String(version.dropLast()) : version
      guard let number = Int(digits), (1...10).contains(number) else {
        throw .formatVersion(found: version)
      }
    }
    guard
      let pickle = try Self.contents(name, in: zip, bytes, limit: PickleReader.maximumByteCount)
    else { throw .missingEntry(name) }
    self.pickle = pickle
  }

  private static func word(
    _ name: String, in zip: ZipArchive, _ bytes: AlignedBuffer
  ) throws(PyTorchError) -> String? {
    try contents(name, in: zip, bytes, limit: 64).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of the entry, its checksum checked; nil where there is none.
  private static func contents(
    _ name: String, in zip: ZipArchive, _ bytes: AlignedBuffer, limit: Int
  ) throws(PyTorchError) -> [UInt8]? {
    guard let entry = zip[name] else { return nil }
    guard entry.byteCount <= limit else {
      throw .zip(
        .field(
          place: "entry \(name.quoted)", field: "size", expected: "at most \(limit)",
          found: "\(entry.byteCount)"))
    }
    do { try zip.verify(entry) } catch { throw .zip(error) }
    return bytes.withUnsafeBytes { [UInt8]($0[entry.range]) }
  }

  /// Where the storage's bytes begin in the file, after their count and checksum are checked.
  mutating func storage(
    _ storage: PickleHeap.Storage, tensor: String, in pickle: PickleReader
  ) throws(PyTorchError) -> Int {
    guard let key = pickle.text(storage.key.prefix(ZipArchive.maximumNameByteCount)) else {
      throw .key(found: "bytes that are not UTF-8")
    }
    let name = "\(folder)/data/\(key)"
    guard let entry = zip[name] else { throw .missingEntry(name) }
    let (byteCount, overflow) = storage.elementCount.multipliedReportingOverflow(
      by: storage.elementType.bitCount / 8)
    guard !overflow else {
      throw .storageOverflow(tensor: tensor, elementCount: storage.elementCount)
    }
    guard byteCount == entry.byteCount else {
      throw .storageByteCount(tensor: tensor, expected: byteCount, found: entry.byteCount)
    }
    if verified.insert(name).inserted {
      do { try zip.verify(entry) } catch { throw .zip(error) }
    }
    return entry.range.lowerBound
  }
}
