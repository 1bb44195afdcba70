import Foundation
import MNV4
import MNV4Imaging
import Testing

/// Sound or hostile files that are refused, and what the message says.
@Suite struct RefusalTests {
  private func expectRefusal(
    _ code: MNV4Error.Code, saying text: String, limits: ImageLimits = .default, of bytes: [UInt8],
    _ location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: MNV4Error.self, sourceLocation: location) {
      try RGBImage(encoded: bytes, limits: limits)
    }
    #expect(error?.code == code, sourceLocation: location)
    #expect(
      error?.reason.contains(text) == true, "\(error?.reason ?? "none")", sourceLocation: location)
  }

  @Test(arguments: [
    ("GIF89a....", "GIF"), ("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ", "WebP"), ("BM......", "BMP"),
    ("\0\0\0\u{18}ftypheic....", "HEIC"), ("\0\0\0\u{18}ftypavif....", "AVIF"),
    ("%PDF-1.7", "PDF"), ("II*\0....", "TIFF"), ("MM\0*....", "TIFF"), ("<svg xmlns", "SVG"),
    ("\0\0\0\u{C}JXL ....", "JPEG XL"), ("8BPS....", "Photoshop"),
  ])
  func otherFormatsByName(magic: String, name: String) {
    expectRefusal(.unsupportedImage, saying: name, of: Array(magic.utf8))
  }

  /// Stray bytes between segments, each stretch of them ended by a restart marker.
  @Test func strayBytesAreLimited() throws {
    let base = try Fixtures.bytes("forms/baseline-444.jpg")
    let frame = try #require(base.indices.first { base[$0...].starts(with: [0xFF, 0xC0]) })
    func file(_ count: Int) -> [UInt8] {
      base[..<frame] + (0..<count).flatMap { _ in [0, 0xFF, 0xD0] as [UInt8] } + base[frame...]
    }
    #expect(try RGBImage(encoded: file(4_096)) == RGBImage(encoded: base))
    expectRefusal(.invalidImage, saying: "4096 stretches of stray bytes", of: file(4_097))
  }

  #if os(Linux)
    /// A large file that is no picture is told so, not that there is no memory for its bytes.
    @Test func largeFileIsRefusedByItsFirstBytes() async {
      await #expect(processExitsWith: .success) {
        let path = FileManager.default.temporaryDirectory
          .appendingPathComponent("mnv4-large-\(UUID().uuidString)").path
        try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        #expect(truncate(path, 120 << 20) == 0)
        let statistics = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pageCount = try #require(statistics.split(separator: " ").first.flatMap { Int($0) })
        let limit = rlim_t(pageCount * Int(getpagesize()) + (60 << 20))
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
        let error = #expect(throws: MNV4Error.self) { try RGBImage(contentsOf: path) }
        #expect(error?.code == .invalidImage)
      }
    }
  #endif

  @Test func noFormat() {
    expectRefusal(.invalidImage, saying: "no bytes", of: [])
    expectRefusal(.invalidImage, saying: "neither", of: Array("hello".utf8))
    expectRefusal(.invalidImage, saying: "neither", of: [0xFF, 0xD8])
  }

  /// A frame header at the place of the one of a sound file.
  private func jpeg(marker: UInt8, precision: UInt8 = 8, height: Int, width: Int, components: Int)
    throws -> [UInt8]
  {
    let base = try Fixtures.bytes("forms/baseline-444.jpg")
    let start = try #require(base.indices.first { base[$0...].starts(with: [0xFF, 0xC0]) })
    let end = start + 2 + Int(base[start + 2]) << 8 + Int(base[start + 3])
    var frame: [UInt8] = [
      0xFF, marker, 0, UInt8(8 + 3 * components), precision, UInt8(height >> 8),
      UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255), UInt8(components),
    ]
    for index in 0..<components { frame += [UInt8(index + 1), 0x11, 0] }
    return base[..<start] + frame + base[end...]
  }

  @Test(arguments: [
    (UInt8(0xC1), UInt8(12), 3, "12-bit"), (0xC3, 8, 3, "lossless"), (0xC5, 8, 3, "hierarchical"),
    (0xCB, 8, 3, "lossless arithmetic"), (0xC0, 8, 2, "2 components"),
    (0xC0, 8, 5, "5 components"), (0xF7, 8, 3, "JPEG-LS"),
  ])
  func jpegKindsByName(marker: UInt8, precision: UInt8, components: Int, text: String) throws {
    let file = try jpeg(
      marker: marker, precision: precision, height: 27, width: 41, components: components)
    expectRefusal(.unsupportedImage, saying: text, of: file)
  }

  @Test func jpegBombs() throws {
    expectRefusal(
      .unsupportedImage, saying: "65535×65535",
      of: try jpeg(marker: 0xC0, height: 65_535, width: 65_535, components: 3))
    expectRefusal(
      .invalidImage, saying: "premature end",
      of: try jpeg(marker: 0xC0, height: 7_000, width: 7_000, components: 3))
    expectRefusal(
      .unsupportedImage, saying: "height",
      of: try jpeg(marker: 0xC0, height: 0, width: 41, components: 3))
    expectRefusal(
      .invalidImage, saying: "0×27",
      of: try jpeg(marker: 0xC0, height: 27, width: 0, components: 3))
  }

  /// Ten thousand scans of a picture of many blocks.
  @Test func jpegOfTooManyScans() throws {
    var file = try jpeg(marker: 0xC2, height: 4_000, width: 4_000, components: 3)
    let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0x10, 0x55]
    file.removeLast(2)
    for _ in 0..<10_000 { file += scan }
    expectRefusal(.unsupportedImage, saying: "too many scans", of: file + [0xFF, 0xD9])
  }

  @Test func jpegWithoutAComponent() throws {
    var file = try jpeg(marker: 0xC0, height: 27, width: 41, components: 3)
    let scan = try #require(file.indices.first { file[$0...].starts(with: [0xFF, 0xDA]) })
    file.replaceSubrange(scan..<(scan + 14), with: [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0])
    expectRefusal(.invalidImage, saying: "no scan of component 2", of: file)
  }

  private func mendChecksum(ofChunkAt start: Int, in file: inout [UInt8]) {
    let end = start + 8 + Int(file[start + 2]) << 8 + Int(file[start + 3])
    let digits = file[(start + 4)..<end].withUnsafeBytes { Fixtures.checksum($0) }
    let value = UInt32(digits, radix: 16) ?? 0
    withUnsafeBytes(of: value.bigEndian) { file.replaceSubrange(end..<(end + 4), with: $0) }
  }

  @Test func pngBombs() throws {
    var file = try Fixtures.bytes("forms/rgb-8.png")
    for (width, height, code, text) in [
      (UInt32(65_535), UInt32(65_535), MNV4Error.Code.unsupportedImage, "65535×65535"),
      (.max, .max, .unsupportedImage, "4294967295×4294967295"),
      (7_000, 7_000, .invalidImage, "premature end"), (0, 5, .invalidImage, "0×5"),
    ] {
      withUnsafeBytes(of: width.bigEndian) { file.replaceSubrange(16..<20, with: $0) }
      withUnsafeBytes(of: height.bigEndian) { file.replaceSubrange(20..<24, with: $0) }
      mendChecksum(ofChunkAt: 8, in: &file)
      expectRefusal(code, saying: text, of: file)
    }
  }

  @Test func pngChecksums() throws {
    let file = try Fixtures.bytes("forms/ancillary.png")
    for name in ["IHDR", "IDAT", "IEND", "gAMA", "tEXt", "tIME", "abCd"] {
      let place = try #require(file.indices.first { file[$0...].starts(with: name.utf8) })
      let length = Int(file[place - 1]) + Int(file[place - 2]) << 8
      var damaged = file
      damaged[place + 4 + length] ^= 1
      let error = #expect(throws: MNV4Error.self) { try RGBImage(encoded: damaged) }
      #expect(error?.code == .invalidImage, "\(name)")
      #expect(error?.reason.contains("bad checksum in chunk \(name)") == true)
    }
  }

  @Test func pngUnknownCriticalChunk() throws {
    var file = try Fixtures.bytes("forms/ancillary.png")
    let place = try #require(file.indices.first { file[$0...].starts(with: "abCd".utf8) })
    file[place] = UInt8(ascii: "A")
    mendChecksum(ofChunkAt: place - 4, in: &file)
    expectRefusal(.unsupportedImage, saying: "AbCd", of: file)
  }

  @Test func limitsAreKept() throws {
    for name in ["forms/rgb-8.png", "forms/baseline-420.jpg"] {
      let bytes = try Fixtures.bytes(name)
      let image = try RGBImage(encoded: bytes)
      let area = image.width * image.height
      #expect(throws: Never.self) {
        try RGBImage(encoded: bytes, limits: ImageLimits(maximumPixelCount: area))
      }
      expectRefusal(
        .unsupportedImage, saying: "at most \(area - 1) pixels",
        limits: ImageLimits(maximumPixelCount: area - 1), of: bytes)
      expectRefusal(
        .unsupportedImage, saying: "at most \(bytes.count - 1) bytes",
        limits: ImageLimits(maximumFileByteCount: bytes.count - 1), of: bytes)
      let path = Fixtures.path(name)
      let error = #expect(throws: MNV4Error.self) {
        try RGBImage(contentsOf: path, limits: ImageLimits(maximumFileByteCount: 9))
      }
      #expect(error?.code == .unsupportedImage)
      #expect(error?.file == path)
    }
  }

  @Test func pathsThatAreNoFiles() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/mnv4-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    for path in [folder, folder + "/absent.jpg", folder + "/pipe", "", "/dev/zero"] {
      let error = #expect(throws: MNV4Error.self) { try RGBImage(contentsOf: path) }
      #expect(error?.code == .unreadableFile)
      #expect(error?.file == path)
    }
  }

  @Test func damagedFileIsNamed() throws {
    let path = FileManager.default.temporaryDirectory.path + "/mnv4-\(UUID().uuidString).png"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Fixtures.bytes("forms/baseline-420.jpg").dropLast(9))
      .write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: MNV4Error.self) { try RGBImage(contentsOf: path) }
    #expect(error?.file == path)
    #expect(error?.description.contains("premature end") == true)
  }
}
