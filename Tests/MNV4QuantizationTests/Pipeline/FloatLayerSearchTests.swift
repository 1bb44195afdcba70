import MNV4
import Testing

@testable import MNV4Quantization

@Suite struct FloatLayerSearchTests {
  /// Runs the search and tells what it asked for.
  private func search(
    _ candidates: [Int], isGoodEnough: @escaping (Set<Int>) -> Bool
  ) throws -> (kept: [Int], asked: [Set<Int>]) {
    var asked: [Set<Int>] = []
    let kept = try FloatLayerSearch(candidates: candidates) { (layers) throws(MNV4Error) in
      asked.append(layers)
      return isGoodEnough(layers)
    }.run()
    return (kept, asked)
  }

  @Test func nothingIsKeptWhereNothingIsNeeded() throws {
    let (kept, asked) = try search([3, 1, 2]) { _ in true }
    #expect(kept.isEmpty)
    #expect(asked == [[]])
  }

  @Test func allAreKeptWhereAllAreNeeded() throws {
    for count in 0...9 {
      let candidates = Array((0..<count).reversed())
      #expect(try search(candidates) { _ in false }.kept == candidates)
      #expect(try search(candidates) { $0.count == count && count > 0 }.kept == candidates)
    }
  }

  /// Every set of needed layers of five is found, and nothing but it, in the order of the candidates.
  @Test func whatIsNeededIsFoundAndNothingElse() throws {
    let candidates = [7, 3, 9, 1, 4]
    for mask in 1..<32 {
      let needed = candidates.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element)
      let (kept, asked) = try search(candidates) { $0.isSuperset(of: needed) }
      #expect(kept == needed)
      #expect(Set(asked).count == asked.count, "asked twice: \(asked)")
    }
  }

  @Test(arguments: [1, 2, 3, 7, 8, 50, 99, 100]) func fewerQuestionsThanLayers(_ last: Int) throws {
    let candidates = Array(0..<100)
    let needed = last - 1
    let (kept, asked) = try search(candidates) { $0.contains(needed) }
    #expect(kept == [needed])
    // Doubling, halving, and each of those before once.
    #expect(asked.count <= 16 + last)
  }

  @Test func errorsComeOut() throws {
    let error = try #require(throws: MNV4Error.self) {
      try FloatLayerSearch(candidates: [1]) { (_) throws(MNV4Error) in
        throw MNV4Error(.unreadableFile, file: "a.jpg", "gone")
      }.run()
    }
    #expect(error.code == .unreadableFile)
  }
}
