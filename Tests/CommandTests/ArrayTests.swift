import MNV4CommandSupport
import MNV4Core
import Testing

/// `--input-npy` and `--output-npy`.
@Suite struct ArrayTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func input(_ shape: [Int] = [1, 32, 32, 3]) throws -> [UInt8] {
    let count = shape.reduce(1, *)
    let elements = (0..<count).map { Float($0 * 37 % 101) / 50 - 1 }
    return try NumpyArray(shape: shape, elements: elements).fileContents()
      .withUnsafeBytes { Array($0) }
  }

  private func run(_ bytes: [UInt8], backend: String = "auto") throws -> CommandResult {
    try Command.run(
      Repository.model, "--input-npy", folder.write(bytes, to: "in.npy"), "--output-npy",
      folder("out.npy"), "--backend", backend)
  }

  private func output() throws -> NumpyArray {
    try TemporaryFolder.bytes(folder("out.npy")).withUnsafeBytes { try NumpyArray($0) }
  }

  @Test func logitsAreWritten() throws {
    var all: [NumpyArray] = []
    for backend in ClassifyTests.backends {
      let result = try run(try input(), backend: backend)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == "")
      all.append(try output())
    }
    #expect(all[0].shape == [1, 10])
    let largest = try #require(all[0].elements.map { abs($0) }.max())
    #expect(largest > 0)
    for other in all.dropFirst() {
      for (a, b) in zip(all[0].elements, other.elements) { #expect(abs(a - b) <= 1e-3 * largest) }
    }
  }

  /// The file that a run may have left is whole or absent.
  private func expectRefusal(_ bytes: [UInt8], _ message: String) throws {
    let result = try run(bytes)
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains("\(folder("in.npy")): "), "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try folder.contents == ["in.npy"])
  }

  @Test(arguments: [[1, 3, 32, 32], [32, 32, 3], [2, 32, 32, 3], [1, 32, 32, 4]])
  func otherShapesAreRefused(_ shape: [Int]) throws {
    try expectRefusal(try input(shape), "input: expected shape 1×32×32×3")
  }

  @Test func otherElementTypesAreRefused() throws {
    let text = String(decoding: try input().prefix(128), as: Unicode.ASCII.self)
    #expect(text.contains("<f4"))
    var bytes = try input()
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("<f4".utf8)) })
    for type in ["<f8", ">f4", "<f2", "|u1", "<i4"] {
      bytes.replaceSubrange(place..<place + 3, with: Array(type.utf8))
      try expectRefusal(bytes, "'descr': expected '<f4', little-endian float32")
    }
  }

  @Test(arguments: [0, 5, 9, 60, 128, 129, 12_415]) func truncatedFilesAreRefused(
    _ byteCount: Int
  ) throws {
    try expectRefusal(Array(try input().prefix(byteCount)), "expected")
  }

  @Test func outputThatCannotBeWrittenIsNamed() throws {
    let path = try folder.write(try input(), to: "in.npy")
    for target in [folder.path, folder("absent/out.npy")] {
      let result = try Command.run(
        Repository.model, "--input-npy", path, "--output-npy", target)
      #expect(result.status == 1)
      #expect(result.errors.contains("\(target): "), "\(result.errors)")
    }
    let absent = try Command.run(
      Repository.model, "--input-npy", folder("absent.npy"), "--output-npy", folder("out.npy"))
    #expect(absent.status == 1)
    #expect(absent.errors.contains("\(folder("absent.npy")): cannot open"))
  }
}
