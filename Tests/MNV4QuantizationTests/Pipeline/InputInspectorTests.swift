import MNV4
import MNV4Core
import Testing

@testable import MNV4Quantization

@Suite struct InputInspectorTests {
  private let shape: Shape

  init() throws { shape = try Shape([1, 16, 16, 3]) }

  private func warnings(_ inputs: [[Float]]) -> [String] {
    var inspector = InputInspector { "p\($0)" }
    for input in inputs { input.withUnsafeBufferPointer { inspector.record($0, shape: shape) } }
    return inspector.warnings
  }

  /// A ramp with some noise, different for each index.
  private func picture(_ index: Int, noise: Float = 0.1) -> [Float] {
    uniform(16 * 16 * 3, seed: UInt64(index) + 1).enumerated().map { position, random in
      Float(position / 3 % 16) / 8 - 1 + noise * random
    }
  }

  @Test func goodInputsAreNotWarnedOf() {
    #expect(warnings((0..<20).map { picture($0) }) == [])
  }

  @Test(arguments: [1, 19]) func fewAreWarnedOf(_ count: Int) {
    let found = warnings((0..<count).map { picture($0) })
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("\(count) calibration input\(count == 1 ? "" : "s"): "))
  }

  @Test func repeatedOnesAreNamed() {
    let found = warnings((0..<30).map { picture($0 == 21 ? 4 : $0) })
    #expect(found == ["repeated calibration pictures: p21"])
    let many = warnings((0..<30).map { picture($0 % 20) })
    #expect(many == ["repeated calibration pictures: p20, p21, p22, p23, p24 and 5 more"])
  }

  @Test func noiseIsNamed() {
    let found = warnings(
      (0..<20).map { $0 == 7 ? uniform(16 * 16 * 3, seed: 99) : picture($0) })
    #expect(found.count == 1)
    #expect(found[0].contains("look like noise") && found[0].hasSuffix(": p7"))
  }

  @Test func oneColourIsNamed() {
    let found = warnings(
      (0..<20).map { $0 < 2 ? [Float](repeating: Float($0), count: 768) : picture($0) })
    #expect(found == ["calibration pictures of one colour: p0, p1"])
  }

  @Test func correlationIsThatOfNeighbours() throws {
    func correlation(_ elements: [Float], _ dimensions: [Int]) throws -> Double? {
      let shape = try Shape(dimensions)
      return elements.withUnsafeBufferPointer {
        InputInspector.neighbourCorrelation($0, shape: shape)
      }
    }
    // Columns that alternate, and rows that do.
    let columns = (0..<64).map { Float($0 % 2) }
    #expect(try #require(try correlation(columns, [1, 8, 8, 1])) == -1)
    let rows = (0..<64).map { Float($0 / 8 % 2) }
    #expect(try #require(try correlation(rows, [1, 8, 8, 1])) == 1)
    // Two channels that are constant each: neighbours are alike.
    #expect(try #require(try correlation(columns, [1, 8, 4, 2])) == 1)
    #expect(try correlation(columns, [1, 64]) == 1)
    #expect(try correlation(columns, [1, 64, 1, 1]) == 1)
    #expect(try correlation([Float](repeating: 2, count: 64), [1, 8, 8, 1]) == nil)
    #expect(try correlation([Float](repeating: .nan, count: 64), [1, 8, 8, 1]) == nil)
    #expect(try abs(#require(try correlation(uniform(4096), [1, 64, 64, 1]))) < 0.1)
  }
}
