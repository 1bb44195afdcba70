import MNV4Graph
import Testing

@Suite struct BackendMemoryTests {
  @Test(arguments: [
    ([2, 3, 4], 9, 24), ([Int.max, 1], .max, .max), ([1 << 40, 1 << 40], 1 << 41, .max),
    ([.max, .max], .max, .max), ([], 0, 1),
  ])
  func sumsAndProductsStayIntegers(_ terms: [Int], sum: Int, product: Int) {
    #expect(terms.reduce(0) { saturatingSum($0, $1) } == sum)
    #expect(terms.reduce(1) { saturatingProduct($0, $1) } == product)
  }

  @Test func memoryAddsByKind() {
    let sum =
      BackendMemory(sharedByteCount: 1, sessionByteCount: .max, threadByteCount: 4)
      + BackendMemory(sharedByteCount: 2, sessionByteCount: 3, threadByteCount: 5)
    #expect(
      sum == BackendMemory(sharedByteCount: 3, sessionByteCount: .max, threadByteCount: 9))
  }
}
