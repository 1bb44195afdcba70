import MNV4Core
import MNV4Format
import Testing

/// Damaged copies of the bundled model: refused with a reason, by the command and by the decoder.
@Suite struct HostileModelTests {
  private static let model = Result { try TemporaryFolder.bytes(Repository.model) }

  private func expectRefusal(_ bytes: [UInt8], _ damage: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "damaged.mnv4")
    let result = try Command.run(path, Repository.picture, limit: .seconds(10))
    #expect(result.status == 1 && !result.wasSignalled, "\(damage)")
    #expect(result.output == "", "\(damage)")
    #expect(result.errors.hasPrefix("Error: \(path): "), "\(damage): \(result.errors)")
  }

  @Test func truncatedFilesEndTheCommandWithAReason() throws {
    let model = try Self.model.get()
    var generator = SeededGenerator(seed: 1)
    let samples =
      [0, 1, 8, 16, 31, 32, 100, model.count - 1]
      + (0..<22).map { _ in Int.random(in: 0..<model.count, using: &generator) }
    for byteCount in samples {
      try expectRefusal(Array(model.prefix(byteCount)), "cut to \(byteCount) bytes")
    }
    try expectRefusal(model + [0], "a byte more")
  }

  @Test func flippedBitsEndTheCommandWithAReason() throws {
    let model = try Self.model.get()
    var generator = SeededGenerator(seed: 2)
    for sample in 0..<30 {
      let limit = sample < 10 ? 256 : model.count
      let offset = Int.random(in: 0..<limit, using: &generator)
      let bit = Int.random(in: 0..<8, using: &generator)
      var bytes = model
      bytes[offset] ^= 1 << bit
      try expectRefusal(bytes, "bit \(bit) of byte \(offset) flipped")
    }
  }

  // MARK: The decoder

  private func isRefused(_ bytes: some Collection<UInt8>) throws -> Bool {
    let buffer = try AlignedBuffer(byteCount: bytes.count)
    buffer.unsafeMutableBytes.copyBytes(from: bytes)
    return isRefused(buffer)
  }

  private func isRefused(_ buffer: AlignedBuffer) -> Bool {
    do throws(FormatError) {
      _ = try Decoder.decode(buffer)
      return false
    } catch {
      return !error.description.isEmpty
    }
  }

  @Test func soundModelIsRead() throws {
    #expect(try !isRefused(try Self.model.get()))
  }

  /// Every length up to 64 KiB, and seeded ones beyond.
  @Test func everyTruncationIsRefused() throws {
    let model = try Self.model.get()
    var generator = SeededGenerator(seed: 3)
    let seeded = (0..<2_000).map { _ in
      Int.random(in: 65_536..<model.count, using: &generator)
    }
    for byteCount in Array(0..<65_536) + seeded {
      guard try isRefused(model[..<byteCount]) else {
        Issue.record("a model cut to \(byteCount) bytes was accepted")
        return
      }
    }
  }

  /// Every bit of the header and the section table.
  @Test func everyFlippedBitOfTheHeaderIsRefused() throws {
    let model = try Self.model.get()
    let buffer = try AlignedBuffer(byteCount: model.count)
    buffer.unsafeMutableBytes.copyBytes(from: model)
    for offset in 0..<256 {
      for bit in 0..<8 {
        buffer.unsafeMutableBytes[offset] ^= 1 << bit
        #expect(isRefused(buffer), "bit \(bit) of byte \(offset)")
        buffer.unsafeMutableBytes[offset] ^= 1 << bit
      }
    }
    #expect(!isRefused(buffer))
  }

  /// Wherever a bit flips, a checksum tells.
  @Test func everyFlippedBitElsewhereIsRefused() throws {
    let model = try Self.model.get()
    let buffer = try AlignedBuffer(byteCount: model.count)
    buffer.unsafeMutableBytes.copyBytes(from: model)
    var generator = SeededGenerator(seed: 4)
    #if DEBUG
      let count = 40
    #else
      let count = 1_000
    #endif
    for _ in 0..<count {
      let offset = Int.random(in: 256..<model.count, using: &generator)
      let bit = Int.random(in: 0..<8, using: &generator)
      buffer.unsafeMutableBytes[offset] ^= 1 << bit
      #expect(isRefused(buffer), "bit \(bit) of byte \(offset)")
      buffer.unsafeMutableBytes[offset] ^= 1 << bit
    }
  }
}

/// Numbers that are the same at every run: Knuth's MMIX generator.
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    func half() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 32
    }
    return half() << 32 | half()
  }
}
