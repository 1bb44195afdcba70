import Foundation
import MNV4Core
import MNV4Import

/// The bytes of safetensors files, right and wrong, and the way to read them.
enum Samples {
  static let fixtureNames = ["small-f32", "small-f16", "small-bf16", "small-f64"]

  /// A checked-in file that the reference library wrote.
  static func fixture(_ name: String) throws -> [UInt8] {
    let url = Bundle.module.url(
      forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
    guard let url else { throw MissingFixture(name: name) }
    return [UInt8](try Data(contentsOf: url))
  }

  struct MissingFixture: Error { let name: String }

  /// A file of that header and data; the header's length is its own unless given.
  static func file(_ header: String, data: [UInt8] = [], headerLength: UInt64? = nil) -> [UInt8] {
    file(Array(header.utf8), data: data, headerLength: headerLength)
  }

  static func file(
    _ header: [UInt8], data: [UInt8] = [], headerLength: UInt64? = nil
  ) -> [UInt8] {
    let length = headerLength ?? UInt64(header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + header + data
  }

  /// A file of one tensor `w`.
  static func file(
    _ elementType: String, _ shape: [Int], data: [UInt8]
  ) -> [UInt8] {
    file(
      #"{"w":{"dtype":"\#(elementType)","shape":\#(shape),"data_offsets":[0,\#(data.count)]}}"#,
      data: data)
  }

  static func read(_ bytes: [UInt8]) throws -> SafetensorsFile {
    try SafetensorsFile(buffer(bytes))
  }

  static func checkpoint(_ bytes: [UInt8]) throws -> Checkpoint {
    try Checkpoint(buffer(bytes))
  }

  static func buffer(_ bytes: [UInt8]) throws -> AlignedBuffer {
    try bytes.withUnsafeBufferPointer { try AlignedBuffer(copying: $0) }
  }

  /// The little-endian bytes of each element.
  static func bytes<Element: FixedWidthInteger>(_ elements: [Element]) -> [UInt8] {
    elements.flatMap { element in
      withUnsafeBytes(of: element.littleEndian) { [UInt8]($0) }
    }
  }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
