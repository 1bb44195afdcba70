import MNV4
import MNV4Imaging
import Testing

/// Damaged files end in an error that says so or in a picture, never in a trap.
@Suite struct DamageTests {
  /// One of each family of forms: what the decoders do differs between them.
  static let specimens =
    [
      "baseline-420.jpg", "progressive-444.jpg", "arithmetic.jpg", "restart-units.jpg",
      "cmyk-adobe.jpg", "gray.jpg", "three-scans.jpg", "exif-6-big.jpg",
    ] + [
      "rgb-8.png", "palette-4-interlaced.png", "gray-1.png", "rgba-16-interlaced.png",
      "exif-6.png", "ancillary.png", "many-data-chunks.png", "xmp.png",
    ]

  @Test(arguments: specimens) func everyTruncationIsRefused(name: String) throws {
    let bytes = try Fixtures.bytes("forms/" + name)
    for count in 0..<bytes.count {
      let error = #expect(throws: MNV4Error.self, "\(count) bytes") {
        try RGBImage(encoded: Array(bytes[..<count]))
      }
      #expect(error?.code == .invalidImage)
      if count > 8 {
        #expect(error?.reason.contains("premature end") == true, "\(count) bytes: \(error as Any)")
      }
    }
  }

  /// Cut short, then given the marker that ends a file: nothing but the missing picture tells.
  @Test(arguments: ["baseline-420.jpg", "gray.jpg", "restart-rows.jpg", "baseline-444.jpg"])
  func missingRowsAreRefused(name: String) throws {
    let bytes = try Fixtures.bytes("forms/" + name)
    let scan = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xFF, 0xDA]) })
    for count in (scan + 14)..<(bytes.count - 8) where bytes[count - 1] != 0xFF {
      let error = #expect(throws: MNV4Error.self, "\(count) bytes") {
        try RGBImage(encoded: bytes[..<count] + [0xFF, 0xD9])
      }
      #expect(error?.code == .invalidImage)
    }
  }

  @Test(arguments: specimens) func everyFlippedBitIsSurvived(name: String) throws {
    let bytes = try Fixtures.bytes("forms/" + name)
    let sound = try RGBImage(encoded: bytes)
    var refused = 0
    for bit in 0..<(min(bytes.count, 700) * 8) {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      switch outcome(of: damaged) {
      case .refused: refused += 1
      case .picture(let image):
        // What a checksum covers is refused or did not matter.
        if name.hasSuffix(".png") { #expect(image == sound, "bit \(bit)") }
      }
    }
    #expect(refused > 0)
  }

  @Test(arguments: specimens, 0..<2) func seededDamageIsSurvived(name: String, seed: Int) throws {
    let bytes = try Fixtures.bytes("forms/" + name)
    var generator = SeededGenerator(state: UInt64(seed))
    for _ in 0..<300 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        guard let place = damaged.indices.randomElement(using: &generator) else { continue }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(.random(in: 0...255, using: &generator), at: place)
        case 2: damaged[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        default:
          let end = min(place + 40, damaged.count)
          damaged.append(contentsOf: damaged[place..<end])
        }
      }
      _ = outcome(of: damaged)
    }
  }

  private enum Outcome {
    case refused
    case picture(RGBImage)
  }

  private func outcome(of bytes: [UInt8]) -> Outcome {
    let limits = ImageLimits(maximumPixelCount: 1_000_000)
    do throws(MNV4Error) {
      let image = try RGBImage(encoded: bytes, limits: limits)
      #expect(image.width * image.height <= limits.maximumPixelCount)
      return .picture(image)
    } catch {
      #expect(!error.reason.isEmpty)
      #expect([.invalidImage, .unsupportedImage].contains(error.code))
      return .refused
    }
  }
}
