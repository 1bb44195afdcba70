package import MNV4Core
internal import MNV4Graph

/// Model → weight file.
package enum Encoder {
  /// The one file that holds `model`: equal models give equal bytes.
  ///
  /// The model is checked as that of a file is, by decoding what was written; so what this returns
  /// can be read.
  package static func encode(_ model: ModelFile) throws(FormatError) -> AlignedBuffer {
    do throws(GraphError) { try model.graph.validate() } catch { throw .graph(error) }
    let file = try write(model)
    _ = try Decoder.decode(file)
    return file
  }

  private static func write(_ model: ModelFile) throws(FormatError) -> AlignedBuffer {
    let writers = try encodeSections(of: model)
    let dataByteCount = ConstantCoding.dataByteCount(model.graph.constants)
    let sections = layOut(writers, dataByteCount: dataByteCount)
    let fileByteCount = sections.last?.range.upperBound ?? 0
    let file: AlignedBuffer
    do { file = try AlignedBuffer(byteCount: fileByteCount) } catch { throw .allocation(error) }
    let bytes = file.unsafeMutableBytes
    for (section, writer) in zip(sections, writers) {
      if section.kind == .data {
        ConstantCoding.copyData(
          of: model.graph.constants, to: bytes, at: section.range.lowerBound)
      } else {
        bytes[section.range].copyBytes(from: writer.bytes)
      }
    }
    writeHeader(sections, to: bytes)
    return file
  }

  /// A writer a section in the order of the file; that of the data stays empty.
  private static func encodeSections(of model: ModelFile) throws(FormatError) -> [ByteWriter] {
    var writers: [ByteWriter] = []
    for kind in SectionKind.allCases {
      var writer = ByteWriter(kind)
      switch kind {
      case .graph: try GraphCoding.encode(model.graph, to: &writer)
      case .constants: try ConstantCoding.encodeTable(model.graph.constants, to: &writer)
      case .data: break
      case .preprocessing:
        guard let preprocessing = model.preprocessing else { continue }
        try MetadataCoding.encode(preprocessing, to: &writer)
      case .labels:
        guard !model.labels.isEmpty else { continue }
        try MetadataCoding.encode(labels: model.labels, to: &writer)
      case .provenance:
        guard !model.provenance.entries.isEmpty else { continue }
        try MetadataCoding.encode(model.provenance, to: &writer)
      }
      writers.append(writer)
    }
    return writers
  }

  private static func layOut(_ writers: [ByteWriter], dataByteCount: Int) -> [Header.Section] {
    var end = Header.byteCount + writers.count * Header.entryByteCount
    return writers.map { writer in
      let start = Header.aligned(end)
      end = start + (writer.kind == .data ? dataByteCount : writer.bytes.count)
      return Header.Section(kind: writer.kind, range: start..<end, checksum: 0)
    }
  }

  /// Writes the header and the table last, over sections that are in place.
  private static func writeHeader(
    _ sections: [Header.Section], to bytes: UnsafeMutableRawBufferPointer
  ) {
    func store(_ value: some FixedWidthInteger, at offset: Int) {
      bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
    bytes.copyBytes(from: Header.signature)
    store(Header.version, at: 8)
    store(UInt32(sections.count), at: 12)
    store(UInt64(bytes.count), at: 16)
    for (index, section) in sections.enumerated() {
      let offset = Header.byteCount + index * Header.entryByteCount
      let content = UnsafeRawBufferPointer(rebasing: bytes[section.range])
      store(section.kind.rawValue, at: offset)
      store(UInt64(section.range.lowerBound), at: offset + 8)
      store(UInt64(section.range.count), at: offset + 16)
      store(CRC32.castagnoli.checksum(content), at: offset + 24)
    }
    let checksum = Header.checksum(
      of: UnsafeRawBufferPointer(bytes), sectionCount: sections.count)
    store(checksum, at: Header.checksumOffset)
  }
}
