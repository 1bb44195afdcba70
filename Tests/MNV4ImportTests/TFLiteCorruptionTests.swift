import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// Damaged files: refused or read, and what is read is a valid graph. A trap ends the run.
@Suite struct TFLiteCorruptionTests {
  static let networks = [
    TFLiteSample.floatNetwork(), TFLiteSample.int8Network(), TFLiteSample.uint8Network(),
  ]

  /// - Returns: whether the file was accepted.
  @discardableResult
  private func check(
    _ bytes: [UInt8], dequantizing: Bool, _ change: @autoclosure () -> String
  ) throws -> Bool {
    do {
      let imported = try TFLiteImport.network(
        from: Samples.buffer(bytes), name: "damaged", dequantizing: dequantizing)
      try imported.graph.validate()
      return true
    } catch let error as TFLiteError {
      if "\(error)".isEmpty { Issue.record("an error without a message: \(change())") }
      return false
    }
  }

  @Test(arguments: networks) func everyTruncationIsRefusedOrHarmless(
    _ network: TFLiteSample
  ) throws {
    let bytes = network.bytes
    for count in 0..<bytes.count {
      let isAccepted = try check(
        Array(bytes.prefix(count)), dequantizing: count % 2 == 0, "cut after \(count)")
      // The last vector of a file may end in bytes that align what would follow it.
      if bytes.count - count > 16 { #expect(!isAccepted, "cut after \(count)") }
    }
    #expect(try check(bytes, dequantizing: false, "whole"))
  }

  @Test func everyFlippedBitIsSurvived() throws {
    var bytes = TFLiteSample.int8Network().bytes
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        let isAccepted = try check(
          bytes, dequantizing: (index + bit) % 2 == 0, "bit \(bit) of byte \(index)")
        if (4..<8).contains(index) { #expect(!isAccepted) }
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test(arguments: [networks[0], networks[2]])
  func everyExtremeByteIsSurvived(_ network: TFLiteSample) throws {
    let bytes = network.bytes
    for index in bytes.indices {
      for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] where bytes[index] != value {
        var changed = bytes
        changed[index] = value
        try check(
          changed, dequantizing: value & 1 == 0, "byte \(index) set to \(value)")
      }
    }
  }

  /// Each argument is the seed of 3,000 mutations of 32-bit words, one to three at a time: offsets,
  /// lengths, extents and indices become others of the file, or extremes.
  @Test(arguments: [1, 2, 3] as [UInt64]) func randomMutationsAreSurvived(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let original = Self.networks[Int(seed) - 1].bytes
    let extremes: [UInt32] = [
      0, 1, 2, 4, 0x7F, 0x80, 0xFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, .max,
    ]
    var acceptedCount = 0
    for round in 0..<3_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count / 4, using: &generator) * 4
        let source = Int.random(in: 0..<bytes.count / 4, using: &generator) * 4
        let word: [UInt8] =
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: Array(bytes[source..<source + 4])
          case 1: FlatBufferValue.bytes(of: extremes.randomElement(using: &generator) ?? 0)
          default: FlatBufferValue.bytes(of: UInt32.random(in: 0..<64, using: &generator))
          }
        bytes.replaceSubrange(place..<place + 4, with: word)
      }
      let isAccepted = try check(
        bytes, dequantizing: round % 2 == 0, "seed \(seed), round \(round)")
      if isAccepted { acceptedCount += 1 }
    }
    #expect(acceptedCount > 0 && acceptedCount < 3_000)
  }
}
