import Foundation
import MNV4
import MNV4Graph
import MNV4Imaging
import Testing

/// Real photographs, which are not part of the repository: the folder `imagenet-sample/eval` below
/// the one that the environment variable MNV4_DATA names.
@Suite struct PhotographTests {
  static let paths: [String] = {
    guard let data = ProcessInfo.processInfo.environment["MNV4_DATA"] else { return [] }
    let folder = data + "/imagenet-sample/eval"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".jpg") }.sorted().map { folder + "/" + $0 }
  }()

  @Test(.enabled(if: !paths.isEmpty, "set MNV4_DATA to a folder with imagenet-sample/eval"))
  func photographsAreReadAndTheirHalvesRefused() throws {
    let preprocessor = try Preprocessor(
      ImagePreprocessing(
        interpolation: .bicubic, cropFraction: 0.875, mean: [0, 0, 0],
        standardDeviation: [1, 1, 1]),
      inputHeight: 224, inputWidth: 224)
    for path in Self.paths {
      let image = try RGBImage(contentsOf: path)
      let pixels = try preprocessor.crop(image)
      #expect(Set(pixels).count > 16, "\(path)")
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let error = #expect(throws: MNV4Error.self, "\(path)") {
        try RGBImage(encoded: Array(bytes[..<(bytes.count / 2)]))
      }
      #expect(error?.code == .invalidImage)
    }
  }
}
