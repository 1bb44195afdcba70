import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

/// Files changed at random and given correct checksums, so that what lies behind them is reached.
@Suite("Structure-aware mutations")
struct MutationTests {
  private static let interesting: [UInt64] = [
    0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
    0x1_0000_0000, 0x7FC0_0000, 0x7F80_0000, 0x3F80_0000, 1 << 63, .max,
  ]

  @Test(
    "an error, or a graph that is valid and can be written", arguments: 0..<3, UInt64(0)..<8)
  func mutations(_ sample: Int, _ seed: UInt64) throws {
    let models = [
      try Samples.tiny(), try Samples.everyOperation(), try Samples.everyElementType(),
      try Samples.everyIntegerOperation(),
    ]
    let container = try Container(taking: models[sample].encoded)
    var random = SplitMix64(seed: seed &* 3 &+ UInt64(sample) &+ 1000)
    var accepted = 0
    for _ in 0..<1_000 {
      var changed = container
      for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&changed, &random) }
      var file = changed.file
      if Int.random(in: 0..<8, using: &random) == 0 {
        // The header and the table too.
        let offset = Int.random(in: 8..<32 + 32 * changed.sections.count, using: &random)
        file[offset] = UInt8(truncatingIfNeeded: random.next())
        Container.seal(&file)
      }
      guard let model = try decoded(file) else { continue }
      accepted += 1
      try model.graph.validate()
      // One file for each model: what was accepted is what would be written.
      #expect(try model.encoded == file)
    }
    // Changed weights and statistics make other valid models: without any, nothing was reached.
    #expect(accepted > 0)
  }

  /// Nil where the file is refused, with a sentence that says why.
  private func decoded(_ file: [UInt8]) throws -> ModelFile? {
    let buffer = try file.buffer
    do throws(FormatError) { return try Decoder.decode(buffer) } catch {
      #expect(!error.description.isEmpty)
      return nil
    }
  }

  private static func mutate(_ container: inout Container, _ random: inout SplitMix64) {
    let index = Int.random(in: 0..<container.sections.count, using: &random)
    var bytes = container.sections[index].bytes
    guard !bytes.isEmpty else { return }
    let offset = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[offset] = UInt8(truncatingIfNeeded: random.next())
    case 2, 3:
      let value = interesting.randomElement(using: &random) ?? 0
      let width = [1, 2, 4, 8].randomElement(using: &random) ?? 1
      for byte in 0..<min(width, bytes.count - offset) {
        bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
      }
    case 4: bytes.remove(at: offset)
    case 5: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: offset)
    case 6:
      // A run copied over another place: repeated names, records, ids.
      let count = Int.random(in: 1...min(64, bytes.count - offset), using: &random)
      let target = Int.random(in: 0...bytes.count - count, using: &random)
      bytes.replaceSubrange(target..<target + count, with: Array(bytes[offset..<offset + count]))
    default: bytes.removeSubrange(offset...)
    }
    container.sections[index].bytes = bytes
    if Int.random(in: 0..<200, using: &random) == 0 {
      container.sections.remove(at: index)
    }
  }
}
