import MNV4Core
import MNV4Import
import Testing

/// Damaged files: refused or read, and what is read lies within the file. A trap ends the run.
@Suite struct PyTorchCorruptionTests {
  /// Reads the file and all of its weights.
  ///
  /// - Returns: whether the file was accepted.
  @discardableResult
  private func check(_ bytes: [UInt8], _ change: @autoclosure () -> String) throws -> Bool {
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint(Samples.buffer(bytes))
    } catch let error as CheckpointError {
      if "\(error)".isEmpty { Issue.record("an error without a message: \(change())") }
      return false
    }
    for (index, tensor) in checkpoint.tensors.enumerated() {
      let count = tensor.shape.reduce(1, *)
      if !(0...bytes.count).contains(tensor.byteRange.upperBound) || count > bytes.count {
        Issue.record("tensor \(index) is misplaced: \(change())")
      }
      guard let floats = try? checkpoint.floats(at: index) else { continue }
      if floats.count != count || !floats.allSatisfy(\.isFinite) {
        Issue.record("tensor \(index) is not as it says: \(change())")
      }
    }
    return true
  }

  @Test(arguments: PyTorchSamples.fixtureNames)
  func everyTruncationIsRefused(name: String) throws {
    let bytes = try PyTorchSamples.fixture(name)
    for count in 0..<bytes.count {
      #expect(try !check(Array(bytes.prefix(count)), "cut after \(count)"))
    }
    #expect(try check(bytes, "whole"))
  }

  @Test(arguments: PyTorchSamples.fixtureNames)
  func everyFlippedByteIsSurvived(name: String) throws {
    var bytes = try PyTorchSamples.fixture(name)
    for index in bytes.indices {
      let mask: UInt8 = 1 << UInt8(index & 7)
      bytes[index] ^= mask
      try check(bytes, "byte \(index) ^ \(mask)")
      bytes[index] ^= mask
    }
  }

  /// Every bit of one file: a flip is seen by a rule or a checksum, or lies where nothing is read
  /// (times, versions and attributes of entries, padding, entries that hold no weights).
  @Test func everyFlippedBitOfAFileIsSurvived() throws {
    var bytes = PyTorchSamples.file(Pickle.dictionary([("w", Pickle.tensor())]))
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        try check(bytes, "bit \(bit) of byte \(index)")
        bytes[index] ^= 1 << bit
      }
    }
  }

  /// A file of those entries with another pickle, its checksum right.
  private static func packed(_ archive: ZipSample, _ pickle: [UInt8]) -> [UInt8] {
    var archive = archive
    archive.entries[0] = .init(
      String(decoding: archive.entries[0].name, as: UTF8.self), pickle)
    return archive.bytes
  }

  /// The stored entries of a right file, front to back; the pickle is the first.
  private static func unpacked(_ bytes: [UInt8]) throws -> ZipSample {
    func integer(_ offset: Int, _ count: Int) -> Int {
      bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var entries: [ZipSample.Entry] = []
    var position = 0
    while integer(position, 4) == 0x0403_4B50 {
      let nameStart = position + 30
      let dataStart = nameStart + integer(position + 26, 2) + integer(position + 28, 2)
      // Entries without bytes have no descriptor.
      let hasDescriptor = integer(position + 6, 2) & 8 != 0
      var end = dataStart + integer(position + 18, 4)
      while hasDescriptor
        && (integer(end, 4) != 0x0807_4B50 || integer(end + 8, 4) != end - dataStart)
      { end += 1 }
      entries.append(
        .init(
          String(decoding: bytes[nameStart..<nameStart + integer(position + 26, 2)], as: UTF8.self),
          Array(bytes[dataStart..<end])))
      position = end + (hasDescriptor ? 16 : 0)
    }
    return ZipSample(entries: entries)
  }

  @Test(arguments: ["torch-f16", "torch-protocol4", "torch-nested"])
  func everyByteOfThePickleMayChange(name: String) throws {
    let archive = try Self.unpacked(PyTorchSamples.fixture(name))
    let original = archive.entries[0].data
    #expect(original.starts(with: [0x80]))
    for index in original.indices {
      for value: UInt8? in [0x00, 0x52, 0xFF, nil] {
        var pickle = original
        if let value { pickle[index] = value } else { pickle.removeSubrange(index...) }
        let isAccepted = try check(
          Self.packed(archive, pickle), "byte \(index) of the pickle")
        if value == nil { #expect(!isAccepted, "cut after \(index)") }
      }
    }
  }

  /// Each argument is the seed of 2,500 mutations, one to four changes each.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomMutationsAreSurvived(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let names = PyTorchSamples.fixtureNames
    let archive = try Self.unpacked(PyTorchSamples.fixture(names[Int(seed) % names.count]))
    var acceptedCount = 0
    for round in 0..<2_500 {
      var pickle = archive.entries[0].data
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        Self.mutate(&pickle, using: &generator)
      }
      if try check(Self.packed(archive, pickle), "seed \(seed), round \(round)") {
        acceptedCount += 1
      }
    }
    // Some changes are harmless (a letter of a name): the mutations reach past the first check.
    #expect(acceptedCount > 0 && acceptedCount < 2_500)
  }

  /// One change of a pickle, aware of what a pickle is made of.
  private static func mutate(
    _ pickle: inout [UInt8], using generator: inout SeededGenerator
  ) {
    guard pickle.count > 1 else { return }
    let start = Int.random(in: 0..<pickle.count, using: &generator)
    let end = min(pickle.count, start + Int.random(in: 1...24, using: &generator))
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: pickle[start] = UInt8.random(in: 0...255, using: &generator)
    case 1: pickle.removeSubrange(start..<end)
    case 2: pickle.insert(contentsOf: Array(pickle[start..<end]), at: start)
    case 3:
      let opcodes = Array("(.0KMJNQRXabc}eh]rst)uG".utf8) + [0x85, 0x86, 0x87, 0x88, 0x8A, 0x94]
      pickle[start] = opcodes.randomElement(using: &generator) ?? 0
    case 4:
      let numbers = [-1, 0, 1, 4, 255, 1 << 31, 1 << 62, Int.max, Int.min]
      pickle.replaceSubrange(
        start..<end, with: Pickle.int(numbers.randomElement(using: &generator) ?? 0))
    case 5:
      // A small integer of an extent, stride or offset.
      let places = pickle.indices.dropLast().filter { pickle[$0] == 0x4B }
      if let place = places.randomElement(using: &generator) {
        pickle[place + 1] = UInt8.random(in: 0...255, using: &generator)
      }
    default:
      pickle.swapAt(start, Int.random(in: 0..<pickle.count, using: &generator))
    }
  }
}
