import MNV4Core
import MNV4Format
import Testing

@Suite("Damaged files")
struct CorruptionTests {
  let file: [UInt8]
  let headerEnd: Int

  init() throws {
    file = try Samples.tiny().encoded
    headerEnd = 32 + 32 * Int(file.get(UInt32.self, at: 12))
  }

  /// The error that `bytes` are refused with; nil where they are not.
  private func refusal(of bytes: [UInt8]) throws -> FormatError? {
    let buffer = try bytes.buffer
    do throws(FormatError) {
      _ = try Decoder.decode(buffer)
      return nil
    } catch {
      return error
    }
  }

  @Test("cut short at every offset")
  func truncation() throws {
    for count in 0..<file.count {
      guard case .length(_, count)? = try refusal(of: Array(file[..<count])) else {
        Issue.record("\(count) bytes are not said to be cut short")
        return
      }
    }
  }

  @Test("bytes after the end", arguments: [1, 63, 64, 4096])
  func trailingBytes(_ count: Int) throws {
    let error = try #require(try refusal(of: file + [UInt8](repeating: 0, count: count)))
    #expect(error == .length(expected: UInt64(file.count), found: file.count + count))
    #expect("\(error)".hasPrefix("bytes follow the end"))
  }

  @Test("every bit of the header and the section table")
  func headerBits() throws {
    for bit in 0..<headerEnd * 8 {
      var damaged = file
      damaged[bit / 8] ^= 1 << (bit % 8)
      let error = try refusal(of: damaged)
      switch (bit / 8, error) {
      case (0..<8, .signature), (8..<12, .version), (12..<16, .field), (12..<16, .checksum),
        (16..<24, .length), (24..., .checksum(.header, _, _)):
        break
      default: Issue.record("bit \(bit): \(error.map { "\($0)" } ?? "accepted")")
      }
    }
  }

  @Test("every byte of the file", arguments: [UInt8(0x00), 0x7F, 0x80, 0xFF])
  func bytes(_ value: UInt8) throws {
    for offset in file.indices where file[offset] != value {
      var damaged = file
      damaged[offset] = value
      #expect(try refusal(of: damaged) != nil, "byte \(offset)")
    }
  }

  @Test("any bit of the payload")
  func payloadBits() throws {
    let file = try Samples.everyOperation().encoded
    var random = SplitMix64(seed: 4)
    for _ in 0..<10_000 {
      var damaged = file
      let bit = Int.random(in: headerEnd * 8..<file.count * 8, using: &random)
      damaged[bit / 8] ^= 1 << (bit % 8)
      #expect(try refusal(of: damaged) != nil, "bit \(bit)")
    }
  }

  @Test("a transfer as text is named")
  func textMode() throws {
    let unix = file[..<4] + file[5...]
    let dos = file[..<7] + [0x0D] + file[7...]
    let everyEnd = file.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    let sevenBits = file.map { $0 & 0x7F }
    for damaged in [Array(unix), Array(dos), everyEnd, sevenBits] {
      #expect("\(try #require(try refusal(of: damaged)))".contains("transfer as text"))
    }
  }

  @Test("other files are named for what they are not")
  func otherFiles() throws {
    let error = try #require(try refusal(of: Array("PK\u{3}\u{4} and so on, for a while".utf8)))
    #expect(
      "\(error)"
        == "header: signature: expected that of an .mnv4 file, found 50 4B 03 04 20 61 6E 64")
  }

  @Test("a newer version is refused by name")
  func newerVersion() throws {
    var newer = file
    newer.set(UInt32(2), at: 8)
    Container.seal(&newer)
    #expect(
      "\(try #require(try refusal(of: newer)))"
        == "header: format version: expected 1, found 2; a newer release may read it")
  }

  @Test("the section at fault is named", arguments: SectionKind.allCases)
  func sectionNames(_ kind: SectionKind) throws {
    let entry = 32 + 32 * (Int(kind.rawValue) - 1)
    var damaged = file
    damaged[Int(file.get(UInt64.self, at: entry + 8))] ^= 1
    let error = try #require(try refusal(of: damaged))
    #expect("\(error)".hasPrefix("section \(kind): the bytes are damaged: expected CRC-32C"))
  }
}
