import Foundation
import MNV4
import Testing

/// The files that tools/fixtures/make_images.py writes.
enum Fixtures {
  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  static func path(_ name: String) -> String {
    (Bundle.module.resourcePath ?? ".") + "/Fixtures/" + name
  }

  /// The lines of a text file, split at spaces; none where the file is absent, which
  /// `FixtureTests` notices.
  static func table(_ name: String) -> [[String]] {
    guard let text = try? String(contentsOfFile: path(name), encoding: .utf8) else { return [] }
    return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  /// The picture files whose names end with `suffix`.
  static func forms(_ suffix: String = "") -> [String] {
    table("forms.txt").flatMap { $0 }.filter { $0.hasSuffix(suffix) }
  }

  /// A picture of the plain form `P6 width height 255` with one byte of white space after each.
  static func ppm(_ name: String) throws -> RGBImage {
    let bytes = try bytes(name)
    let lines = bytes.split(separator: 10, maxSplits: 3, omittingEmptySubsequences: false)
    try #require(lines.count == 4)
    let sides = String(decoding: lines[1], as: UTF8.self).split(separator: " ").compactMap {
      Int($0)
    }
    try #require(sides.count == 2)
    return try RGBImage(width: sides[0], height: sides[1], pixels: Array(lines[3]))
  }

  /// The CRC-32 of ISO 3309 in eight hexadecimal digits.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> String {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    let digits = String(~value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// `jpeg` with a segment after its start-of-image marker.
  static func inserting(marker: UInt8, _ content: [UInt8], into jpeg: [UInt8]) -> [UInt8] {
    let length = content.count + 2
    return jpeg[..<2] + [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + content
      + jpeg[2...]
  }
}

/// A small generator for seeded damage (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
