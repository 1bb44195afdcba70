import MNV4
import MNV4Imaging
import Testing

@Suite struct OrientationTests {
  /// Sound and damaged Exif blocks: the orientation that Pillow finds, or upright where it finds
  /// none or fails.
  @Test func thousandBlocks() throws {
    let base = try Fixtures.bytes("forms/exif-1-little.jpg")
    // Without the segment of its own: marker, length, content.
    let plain = Array(base[..<2] + base[(4 + Int(base[4]) << 8 + Int(base[5]))...])
    let shown = try (1...8).map { try Fixtures.ppm("forms/exif-\($0)-little.jpg.ppm") }
    #expect(Set(shown).count == 8)
    for line in Fixtures.table("exif.txt") {
      let block = try #require(bytes(hexadecimal: line[0]))
      let orientation = try #require(Int(line[1]))
      let file = Fixtures.inserting(marker: 0xE1, block, into: plain)
      let image = try RGBImage(encoded: file)
      #expect(image == shown[orientation - 1], "\(line[0])")
    }
  }

  /// Random bytes after the header of an Exif block never make a picture unreadable.
  @Test(arguments: 0..<4) func noiseIsIgnored(seed: Int) throws {
    var generator = SeededGenerator(state: UInt64(seed))
    let base = try Fixtures.bytes("forms/one-pixel.jpg")
    for _ in 0..<250 {
      var block =
        Array("Exif\0\0".utf8) + [[0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A]][seed & 1]
      for _ in 0..<Int.random(in: 0...80, using: &generator) {
        block.append(
          [0, 1, 0x12, 0xFF, .random(in: 0...255, using: &generator)]
            .randomElement(using: &generator) ?? 0)
      }
      _ = try RGBImage(encoded: Fixtures.inserting(marker: 0xE1, block, into: base))
      let packet = Array("http://ns.adobe.com/xap/1.0/\0tiff:Orientation".utf8) + block.suffix(2)
      _ = try RGBImage(encoded: Fixtures.inserting(marker: 0xE1, packet, into: base))
    }
  }

  private func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
