import MNV4Core
import MNV4Format
import Testing

@Suite("Checksum and section table")
struct ContainerTests {
  @Test("CRC-32C of the check string and of every length and alignment")
  func checksum() {
    let check = Array("123456789".utf8)
    let castagnoli = { (bytes: [UInt8]) in
      bytes.withUnsafeBytes { CRC32.castagnoli.checksum($0) }
    }
    #expect(castagnoli(check) == 0xE306_9283)
    #expect(check.withUnsafeBytes { CRC32.iso.checksum($0) } == 0xCBF4_3926)
    #expect(castagnoli([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(castagnoli([]) == 0)
    var random = SplitMix64(seed: 5)
    let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    for start in 0..<17 {
      for count in 0...bytes.count - start {
        let slice = bytes[start..<start + count]
        let found = bytes.withUnsafeBytes {
          CRC32.castagnoli.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
        guard found == Container.crc32c(slice) else {
          Issue.record("\(count) bytes at \(start)")
          return
        }
      }
    }
    let parts = bytes.withUnsafeBytes { all in
      CRC32.castagnoli.checksum([
        UnsafeRawBufferPointer(rebasing: all[..<77]), UnsafeRawBufferPointer(rebasing: all[77...]),
      ])
    }
    #expect(parts == Container.crc32c(bytes))
  }

  /// A file that was changed and given correct checksums, and what its error says.
  private func expectRefusal(
    _ text: String, _ change: (inout [UInt8]) -> Void, _ location: SourceLocation = #_sourceLocation
  ) throws {
    var file = Handmade().container.file
    change(&file)
    Container.seal(&file)
    let buffer = try file.buffer
    let error = #expect(throws: FormatError.self, sourceLocation: location) {
      try Decoder.decode(buffer)
    }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(text), sourceLocation: location)
  }

  @Test("entries of the section table")
  func entries() throws {
    try expectRefusal("section kind 57 at byte 32 is unknown: this reader knows 1 to 6") {
      $0.set(UInt32(57), at: 32)
    }
    try expectRefusal("entry 0: section kind 0") { $0.set(UInt32(0), at: 32) }
    // A repeated section, and sections out of order.
    try expectRefusal("entry 1: section kind at byte 64: expected one above 1, found 1") {
      $0.set(UInt32(1), at: 64)
    }
    try expectRefusal("entry 1: section kind") { $0.set(UInt32(6), at: 32) }
    try expectRefusal("expected section graph, found none") {
      $0.set(UInt32(2), at: 32)
      $0.set(UInt32(3), at: 64)
      $0.set(UInt32(4), at: 96)
    }
    // Reserved fields.
    try expectRefusal("reserved at byte 32: expected 0") { $0.set(UInt32(1), at: 36) }
    try expectRefusal("reserved at byte 32: expected 0") { $0.set(UInt32(1), at: 60) }
    try expectRefusal("header: reserved") { $0.set(UInt32(1), at: 24) }
  }

  @Test("offsets: a gap, an overlap, out of line, beyond the file")
  func offsets() throws {
    let offset = Handmade().container.file.get(UInt64.self, at: 72)
    for other in [0, 1, offset - 64, offset + 1, offset + 64, 1 << 31, 1 << 63, .max] {
      try expectRefusal("entry 1: offset at byte 72: expected \(offset), found \(other)") {
        $0.set(other, at: 72)
      }
    }
  }

  @Test("lengths", arguments: [UInt64(0), 1, 1 << 31, 1 << 32, 1 << 63, .max])
  func lengths(_ length: UInt64) throws {
    try expectRefusal("section") { $0.set(length, at: 48) }
    try expectRefusal("section") { $0.set(length, at: 112) }
  }

  @Test("counts of sections", arguments: [UInt32(0), 1, 2, 4, 65, 1 << 16, 1 << 31, .max])
  func sectionCount(_ count: UInt32) throws {
    try expectRefusal("") { $0.set(count, at: 12) }
  }

  @Test("padding is zero, between sections and between tensors")
  func padding() throws {
    let file = Handmade().container.file
    let gap = Int(file.get(UInt64.self, at: 72)) - 1
    try expectRefusal("section constants: padding before at byte \(gap): expected 0, found 1") {
      $0[gap] = 1
    }
    var handmade = Handmade()
    handmade.data[220] = 9
    let buffer = try handmade.container.file.buffer
    let error = #expect(throws: FormatError.self) { try Decoder.decode(buffer) }
    #expect(
      error.map { "\($0)" }?.contains("constant 1: padding before elements at byte") == true)
  }

  @Test("a section longer or shorter than what it holds", arguments: [UInt32(1), 2, 3, 4, 5, 6])
  func sectionEnds(_ kind: UInt32) throws {
    let container = try Container(taking: Samples.tiny().encoded)
    var longer = container
    longer[kind] += [0]
    var shorter = container
    shorter[kind].removeLast()
    var empty = container
    empty[kind] = []
    for damaged in [longer, shorter, empty] {
      let buffer = try damaged.file.buffer
      let error = #expect(throws: FormatError.self) { try Decoder.decode(buffer) }
      #expect(error.map { "\($0)" }?.hasPrefix("section") == true)
    }
  }
}
