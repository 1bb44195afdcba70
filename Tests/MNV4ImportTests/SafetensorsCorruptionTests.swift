import MNV4Core
import MNV4Import
import Testing

/// Damaged files: refused or read, and what is read lies within the file. A trap ends the run.
@Suite struct SafetensorsCorruptionTests {
  /// Reads the file and all of its weights; checks the promises of `SafetensorsFile`.
  ///
  /// - Returns: whether the file was accepted.
  @discardableResult
  private func check(_ bytes: [UInt8], _ change: @autoclosure () -> String) throws -> Bool {
    let file: SafetensorsFile
    do {
      file = try Samples.read(bytes)
    } catch let error as SafetensorsError {
      if "\(error)".isEmpty { Issue.record("an error without a message: \(change())") }
      return false
    }
    let headerLength = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var end = 8 + headerLength
    for (index, tensor) in file.tensors.enumerated() {
      let bitCount = tensor.shape.reduce(tensor.elementType.bitCount, *)
      if tensor.byteRange.lowerBound != end || tensor.byteRange.count * 8 != bitCount {
        Issue.record("tensor \(index) is misplaced: \(change())")
      }
      end = tensor.byteRange.upperBound
      if let floats = try? file.floats(at: index), !floats.allSatisfy(\.isFinite) {
        Issue.record("tensor \(index) is not finite: \(change())")
      }
    }
    if end != bytes.count { Issue.record("the tensors do not cover the file: \(change())") }
    return true
  }

  @Test(arguments: Samples.fixtureNames)
  func everyTruncationIsRefused(name: String) throws {
    let bytes = try Samples.fixture(name)
    for count in 0..<bytes.count {
      #expect(try !check(Array(bytes.prefix(count)), "cut after \(count)"))
    }
    #expect(try check(bytes, "whole"))
  }

  @Test(arguments: Samples.fixtureNames)
  func everyFlippedBitIsSurvived(name: String) throws {
    var bytes = try Samples.fixture(name)
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        let isAccepted = try check(bytes, "bit \(bit) of byte \(index)")
        if index < 8 { #expect(!isAccepted, "bit \(bit) of byte \(index)") }
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test(arguments: Samples.fixtureNames)
  func everyExtremeByteIsSurvived(name: String) throws {
    let bytes = try Samples.fixture(name)
    for index in bytes.indices {
      for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[index] = value
        try check(changed, "byte \(index) set to \(value)")
      }
    }
  }

  /// Each argument is the seed of 2,500 mutations, one to four changes each.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomMutationsAreSurvived(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let original = try Samples.fixture(Samples.fixtureNames[Int(seed) - 1])
    let headerLength = Int(original[0]) | Int(original[1]) << 8
    var acceptedCount = 0
    for round in 0..<2_500 {
      var header = Array(original[8..<8 + headerLength])
      let data = Array(original[(8 + headerLength)...])
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        Self.mutate(&header, using: &generator)
      }
      let bytes = Samples.file(header, data: data)
      if try check(bytes, "seed \(seed), round \(round)") { acceptedCount += 1 }
    }
    // Some changes are harmless (a letter of a name): the mutations reach past the first check.
    #expect(acceptedCount > 0 && acceptedCount < 2_500)
  }

  /// One change of a header, aware of what a header is made of.
  private static func mutate(
    _ header: inout [UInt8], using generator: inout SeededGenerator
  ) {
    guard header.count > 1 else { return }
    let start = Int.random(in: 0..<header.count, using: &generator)
    let end = min(header.count, start + Int.random(in: 1...24, using: &generator))
    let tokens = [
      "{", "}", "[", "]", ",", ":", "\"", "\\u", "-", "0", "1e9", "4294967296",
      "9223372036854775807", "18446744073709551616", "F16", "F4", "I64", "null", "\"shape\"",
      "__metadata__",
    ]
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: header[start] = UInt8.random(in: 0...255, using: &generator)
    case 1: header.removeSubrange(start..<end)
    case 2: header.insert(contentsOf: Array(header[start..<end]), at: start)
    case 3:
      header.insert(contentsOf: Array(tokens.randomElement(using: &generator)!.utf8), at: start)
    case 4:
      let digits = header.indices.filter { header[$0] >= 0x30 && header[$0] <= 0x39 }
      if let digit = digits.randomElement(using: &generator) {
        header[digit] = UInt8.random(in: 0x30...0x39, using: &generator)
      }
    default:
      let other = Int.random(in: 0..<header.count, using: &generator)
      header.swapAt(start, other)
    }
  }
}
