import MNV4
import Testing

@Suite struct TensorTests {
  @Test func newTensorsAreZero() throws {
    let tensor = try Tensor(shape: [2, 3])
    #expect(tensor.shape == [2, 3])
    #expect(tensor.count == 6)
    #expect(tensor.elements == [0, 0, 0, 0, 0, 0])
  }

  @Test func copiesAreValues() throws {
    let original = try Tensor(shape: [3], elements: [1, 2, 3])
    var copy = original
    copy.withUnsafeMutableElements { $0[1] = 7 }
    #expect(original.elements == [1, 2, 3])
    #expect(copy.elements == [1, 7, 3])
    let snapshot = copy
    copy.withUnsafeMutableElements { $0[0] = 9 }
    #expect(snapshot.elements == [1, 7, 3])
  }

  @Test func loneTensorsAreWrittenInPlace() throws {
    var tensor = try Tensor(shape: [3], elements: [1, 2, 3])
    let before = tensor.withUnsafeElements { UInt(bitPattern: $0.baseAddress) }
    tensor.withUnsafeMutableElements { $0[1] = 7 }
    #expect(tensor.withUnsafeElements { UInt(bitPattern: $0.baseAddress) } == before)
  }

  @Test(arguments: [
    ([], "expected 1 to 6 dimensions, found 0"),
    ([1, 1, 1, 1, 1, 1, 1], "expected 1 to 6 dimensions, found 7"),
    ([1, 0], "found 0 in 1×0"), ([-3], "found -3 in -3"),
    ([.max, .max], "expected at most 2147483648 elements"),
  ])
  func badShapesAreRefused(_ shape: [Int], _ message: String) throws {
    let error = #expect(throws: MNV4Error.self) { try Tensor(shape: shape) }
    #expect(error?.code == .invalidArgument)
    #expect("\(try #require(error))".contains(message))
  }

  @Test func elementCountsMustAgree() throws {
    let error = #expect(throws: MNV4Error.self) { try Tensor(shape: [2, 2], elements: [1, 2, 3]) }
    #expect(error?.description == "shape 2×2: expected 4 elements, found 3")
  }
}
