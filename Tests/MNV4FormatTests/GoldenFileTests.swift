import Foundation
import MNV4Core
import MNV4Format
import Testing

/// Files of each released version of the format, kept and read forever.
@Suite("Files of released versions")
struct GoldenFileTests {
  @Test(
    "the fixture is read, and today's writer gives the same bytes",
    arguments: [
      "v1-tiny", "v1-every-operation", "v1-every-element-type", "v1-every-integer-operation",
    ])
  func fixture(_ name: String) throws {
    let expected =
      switch name {
      case "v1-tiny": try Samples.tiny()
      case "v1-every-operation": try Samples.everyOperation()
      case "v1-every-integer-operation": try Samples.everyIntegerOperation()
      default: try Samples.everyElementType()
      }
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "mnv4", subdirectory: "Fixtures"))
    let buffer = try FileAccess.contents(of: url.path)
    let decoded = try Decoder.decode(buffer)
    #expect(areEqual(decoded, expected))
    let bytes = withExtendedLifetime(buffer) { Array(buffer.unsafeBytes) }
    #expect(try decoded.encoded == bytes)
  }
}
