internal import MNV4Graph

/// The optional sections: preprocessing, labels, provenance. One that holds nothing is left out.
enum MetadataCoding {
  // MARK: Preprocessing

  static func decodePreprocessing(
    _ reader: inout ByteReader
  ) throws(FormatError) -> ImagePreprocessing {
    let start = reader.position
    let resizeMode = try reader.code(ImagePreprocessing.ResizeMode.self, "resize mode")
    let interpolation = try reader.code(ImagePreprocessing.Interpolation.self, "interpolation")
    let channelOrder = try reader.code(ImagePreprocessing.ChannelOrder.self, "channel order")
    let reserved = try reader.integer(UInt8.self, "reserved")
    guard reserved == 0 else {
      throw reader.failure(
        "reserved", at: reader.position - 1, expected: "0", found: "\(reserved)")
    }
    let cropFraction = try reader.double("crop fraction")
    let mean = try reader.array(of: UInt32.self, count: 3, "mean", Float.init(bitPattern:))
    let deviation = try reader.array(
      of: UInt32.self, count: 3, "standard deviation", Float.init(bitPattern:))
    try reader.finish()
    do throws(PreprocessingError) {
      return try ImagePreprocessing(
        resizeMode: resizeMode, interpolation: interpolation, cropFraction: cropFraction,
        channelOrder: channelOrder, mean: mean, standardDeviation: deviation)
    } catch {
      throw reader.failure("parameters", at: start, .preprocessing(error))
    }
  }

  static func encode(
    _ preprocessing: ImagePreprocessing, to writer: inout ByteWriter
  ) throws(FormatError) {
    guard preprocessing.mean.count == 3, preprocessing.standardDeviation.count == 3 else {
      throw writer.failure(
        "parameters", expected: "3 means and 3 deviations",
        found: "\(preprocessing.mean.count) and \(preprocessing.standardDeviation.count)")
    }
    writer.code(preprocessing.resizeMode)
    writer.code(preprocessing.interpolation)
    writer.code(preprocessing.channelOrder)
    writer.integer(UInt8(0))
    writer.integer(preprocessing.cropFraction.bitPattern)
    for value in preprocessing.mean + preprocessing.standardDeviation {
      writer.integer(value.bitPattern)
    }
  }

  // MARK: Labels

  static func decodeLabels(_ reader: inout ByteReader) throws(FormatError) -> [String] {
    let count = try reader.count(
      UInt32.self, "label count", in: 1...FormatLimits.labelCount, minimumByteCount: 2)
    var labels: [String] = []
    labels.reserveCapacity(count)
    for index in 0..<count {
      reader.subject = .item("label", index)
      labels.append(try reader.text("text", in: 0...FormatLimits.labelByteCount))
    }
    reader.subject = .section
    try reader.finish()
    return labels
  }

  static func encode(labels: [String], to writer: inout ByteWriter) throws(FormatError) {
    try writer.integer(labels.count, as: UInt32.self, "label count")
    for (index, label) in labels.enumerated() {
      writer.subject = "label \(index): "
      try writer.text(label, "text")
    }
  }

  // MARK: Provenance

  static func decodeProvenance(_ reader: inout ByteReader) throws(FormatError) -> Provenance {
    let count = try reader.count(
      UInt32.self, "entry count", in: 1...FormatLimits.provenanceCount, minimumByteCount: 5)
    var provenance = Provenance()
    var keys = Set<TextBytes>(minimumCapacity: count)
    for index in 0..<count {
      reader.subject = .item("entry", index)
      let start = reader.position
      let key = try reader.text("key", in: 1...FormatLimits.provenanceKeyByteCount)
      guard keys.insert(TextBytes(key)).inserted else {
        throw reader.failure(
          "key", at: start, expected: "one that no other entry has", found: "'\(key)'")
      }
      let value = try reader.text(
        "value", in: 0...FormatLimits.provenanceValueByteCount, allowsLines: true)
      provenance.entries.append(Provenance.Entry(key: key, value: value))
    }
    reader.subject = .section
    try reader.finish()
    return provenance
  }

  static func encode(
    _ provenance: Provenance, to writer: inout ByteWriter
  ) throws(FormatError) {
    try writer.integer(provenance.entries.count, as: UInt32.self, "entry count")
    for (index, entry) in provenance.entries.enumerated() {
      writer.subject = "entry \(index): "
      try writer.text(entry.key, "key")
      try writer.text(entry.value, "value")
    }
  }
}
