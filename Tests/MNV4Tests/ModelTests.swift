import MNV4
import MNV4Core
import Testing

@Suite struct ModelTests {
  private static let path = "models/mobilenetv4_conv_small_cifar10.mnv4"

  @Test func bytesAndFileGiveTheSameModel() throws {
    let path = repositoryRoot + "/" + Self.path
    let bytes = try FileAccess.contents(of: path).withUnsafeBytes { [UInt8]($0) }
    let (fromFile, fromBytes) = (try Model(contentsOfFile: path), try Model(bytes: bytes))
    #expect(fromBytes.name == "mobilenetv4_conv_small")
    #expect(fromBytes.labels == fromFile.labels)
    #expect(fromBytes.parameterCount == 2_493_290)
    #expect(fromBytes.multiplyAccumulateCount == 16_220_928)
    #expect(fromBytes.provenance.contains { $0 == ("licence", "Apache-2.0") })
    let input = try Tensor(
      shape: fromBytes.inputShape, elements: seededElements(fromBytes.inputShape.reduce(1, *)))
    let options = SessionOptions(threads: 1)
    let outputs = try [fromFile, fromBytes].map { try $0.makeSession(options).run(input).elements }
    #expect(outputs[0] == outputs[1])
  }

  @Test func damagedBytesAreRefused() {
    let error = #expect(throws: MNV4Error.self) { try Model(bytes: [1, 2, 3]) }
    #expect(error?.code == .invalidModel)
    #expect(error?.file == nil)
  }
}

/// The folder that holds Package.swift.
private let repositoryRoot = #filePath.split(separator: "/", omittingEmptySubsequences: false)
  .dropLast(3).joined(separator: "/")
