internal import MNV4Graph

/// The JSON header of a safetensors file, each entry checked by itself.
struct SafetensorsHeader {
  /// A tensor's entry. `begin` and `end` count bytes from the start of the data.
  struct Entry {
    let name: String
    let elementType: CheckpointElementType
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  /// The longest name or key, in UTF-8. Swift compares strings by canonical equivalence, whose time
  /// grows with the square of a run of combining marks.
  static let maximumNameByteCount = 128

  /// In the header's order.
  private(set) var entries: [Entry] = []
  /// Places in `entries` by name.
  private(set) var indices: [String: Int] = [:]
  private(set) var metadata: [String: String] = [:]
  private var reader: JSONReader
  /// The tensor and the field of it that are being read, for messages.
  private var tensor: String?
  private var field: String?

  init(_ bytes: [UInt8]) throws(SafetensorsError) {
    guard bytes.first == UInt8(ascii: "{") else { throw .headerStart(bytes.first) }
    reader = JSONReader(bytes)
    var hasMetadata = false
    try json { (reader) throws(JSONError) in try reader.beginObject() }
    var isFirst = true
    while let name = try nextKey(isFirst: &isFirst) {
      tensor = name
      if name == "__metadata__" {
        if hasMetadata { throw .duplicateTensor(name) }
        hasMetadata = true
        try readMetadata()
      } else {
        guard indices.updateValue(entries.count, forKey: name) == nil else {
          throw .duplicateTensor(name)
        }
        try readEntry(name)
      }
      tensor = nil
    }
    try json { (reader) throws(JSONError) in try reader.endPaddedWithSpaces() }
  }

  private mutating func readMetadata() throws(SafetensorsError) {
    try json { (reader) throws(JSONError) in try reader.beginObject() }
    var isFirst = true
    while let key = try nextKey(isFirst: &isFirst) {
      let value = try json { (reader) throws(JSONError) in try reader.string() }
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw .duplicateMetadata(key: key)
      }
    }
  }

  private mutating func readEntry(_ name: String) throws(SafetensorsError) {
    var elementType: CheckpointElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try json { (reader) throws(JSONError) in try reader.beginObject() }
    var isFirst = true
    while let field = try nextKey(isFirst: &isFirst) {
      self.field = field
      var isRepeated = false
      switch field {
      case "dtype":
        let text = try json { (reader) throws(JSONError) in try reader.string() }
        isRepeated = elementType != nil
        elementType =
          text.utf8.count > Self.maximumNameByteCount
          ? nil : CheckpointElementType(rawValue: text)
        if elementType == nil { throw .elementType(tensor: name, found: text) }
      case "shape":
        isRepeated = shape != nil
        shape = try readNumbers()
      case "data_offsets":
        isRepeated = offsets != nil
        offsets = try readNumbers()
      default: throw .unknownField(tensor: name, field: field)
      }
      if isRepeated { throw .duplicateField(tensor: name, field: field) }
      self.field = nil
    }
    guard let elementType else { throw .missingField(tensor: name, field: "dtype") }
    guard let shape else { throw .missingField(tensor: name, field: "shape") }
    guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
    guard offsets.count == 2 else { throw .offsetCount(tensor: name, found: offsets.count) }
    let entry = Entry(
      name: name, elementType: elementType, shape: shape, begin: offsets[0], end: offsets[1])
    try check(entry)
    entries.append(entry)
  }

  /// The next key, short enough to be hashed and compared.
  private mutating func nextKey(isFirst: inout Bool) throws(SafetensorsError) -> String? {
    let key = try json { (reader) throws(JSONError) in try reader.nextKey(isFirst: &isFirst) }
    if let key, key.utf8.count > Self.maximumNameByteCount {
      throw .nameTooLong(
        place: place, name: key, byteCount: key.utf8.count, limit: Self.maximumNameByteCount)
    }
    return key
  }

  private mutating func readNumbers() throws(SafetensorsError) -> [Int] {
    try json { (reader) throws(JSONError) in
      try reader.beginArray()
      var numbers: [Int] = []
      var isFirst = true
      while try reader.nextElement(isFirst: &isFirst) { numbers.append(try reader.wholeNumber()) }
      return numbers
    }
  }

  /// Compares the byte range with the shape and element type.
  private func check(_ entry: Entry) throws(SafetensorsError) {
    guard entry.begin <= entry.end else {
      throw .offsetOrder(tensor: entry.name, begin: entry.begin, end: entry.end)
    }
    var bitCount = entry.elementType.bitCount
    for extent in entry.shape {
      let (product, overflow) = bitCount.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw .sizeOverflow(
          tensor: entry.name, elementType: entry.elementType, shape: entry.shape)
      }
      bitCount = product
    }
    guard bitCount % 8 == 0 else { throw .partialByte(tensor: entry.name, bitCount: bitCount) }
    guard bitCount / 8 == entry.end - entry.begin else {
      throw .byteCount(
        tensor: entry.name, expected: bitCount / 8, found: entry.end - entry.begin)
    }
  }

  private var place: String {
    guard let tensor else { return "header" }
    if tensor == "__metadata__" { return tensor }
    return "tensor \(tensor.quoted)" + (field.map { ": \($0)" } ?? "")
  }

  /// Reads with the JSON reader; what it refuses is refused with the place it happened in.
  private mutating func json<Result>(
    _ body: (inout JSONReader) throws(JSONError) -> Result
  ) throws(SafetensorsError) -> Result {
    do throws(JSONError) { return try body(&reader) } catch {
      throw .json(place: place, error)
    }
  }
}
