import Foundation
import MNV4
import MNV4CommandSupport
import Testing

@testable import MNV4Studies

@Suite struct NetworkTests {
  private static var source: NetworkSource {
    get throws { try NetworkSource(StudyOptions(), data: nil, progress: .silent) }
  }

  /// Table of the blocks with an identity: channels and height of the features at width 0.5 on 32 × 32
  /// at total stride 16.
  private static let identities = [
    (96, 8), (96, 8), (144, 4), (144, 4), (192, 4), (192, 4), (192, 4), (288, 2), (288, 2),
    (288, 2), (480, 2), (480, 2),
  ]

  @Test(arguments: [("", 1), ("_id050", 2), ("_id033", 3), ("_id017", 6)])
  func additionsAreThoseOfTheTable(suffix: String, divisor: Int) throws {
    let network = try Self.source.small(["mobilenext_050\(suffix)"])[0]
    let elements = Self.identities.reduce(0) { $0 + $1.0 / divisor * $1.1 * $1.1 }
    let options = SessionOptions(threads: 1)
    let float = try NetworkFacts(network.float.model, .float32, options: options)
    #expect(float.additions.count == 12)
    #expect(float.additions.elementCount == elements)
    // A float convolution adds its residual itself.
    #expect(float.additions.separateCount == 0)
    #expect(float.additionByteCount == 4 * elements)
    #expect(float.movedByteCount == float.layerByteCount + float.additionByteCount)

    let integer = try NetworkFacts(network.integer.model, .int8, options: options)
    #expect(integer.additions.elementCount == elements)
    #expect(integer.multiplyAccumulateCount == float.multiplyAccumulateCount)
    #expect(4 * integer.layerByteCount == float.layerByteCount)
    let separate = integer.additions.separateElementCount
    #expect(integer.additionByteCount == elements + 2 * separate)
    #expect((integer.additions.separateCount == 0) == (separate == 0))
  }

  @Test func seededNetworksAreForSmallPictures() throws {
    let network = try Self.source.small(["mobilenetv2_035"])[0]
    #expect(network.float.model.inputShape == [1, 32, 32, 3])
    #expect(network.float.model.outputShape == [1, 10])
    #expect(!network.float.isTrained && !network.integer.isTrained)
    #expect(network.integer.model.inputShape == [1, 32, 32, 3])
  }

  @Test func absentFoldersAreRefusedWhereOneIsNamed() throws {
    #expect(throws: CommandFailure.self) {
      try NetworkSource(
        StudyOptions(modelsFolder: "/absent/folder"), data: nil, progress: .silent)
    }
    var options = StudyOptions()
    options.dataFolder = "/absent/folder"
    let error = #expect(throws: CommandFailure.self) { try StudyData(options) }
    #expect(error?.description.hasPrefix("/absent/folder/train: ") == true)
  }
}
