import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4

@Suite struct SessionTests {
  @Test(arguments: [[1, 9, 9], [1, 9, 9, 4], [2, 9, 9, 3], [243]])
  func inputOfAnotherShapeIsRefused(_ shape: [Int]) throws {
    let session = try TestModel.small().makeSession(SessionOptions(threads: 1))
    let error = #expect(throws: MNV4Error.self) { try session.run(try Tensor(shape: shape)) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.description
        == "input: expected shape 1×9×9×3, found \(shape.map(String.init).joined(separator: "×"))")
  }

  @Test func memoryLimitIsKept() throws {
    let model = try TestModel.small()
    let error = #expect(throws: MNV4Error.self) {
      try model.makeSession(SessionOptions(threads: 1, maximumMemoryByteCount: 1_000))
    }
    #expect(error?.code == .outOfResources)
    #expect(
      try #require(error).description.hasPrefix("memory: expected at most 1.0 kB, the plan needs"))
    let plan = try model.plan(for: .swift)
    let need = plan.memory.totalByteCount(threadCount: 1)
    #expect(plan.memory.sharedByteCount > 0)
    #expect(need > plan.arenaByteCount + plan.memory.sharedByteCount)
    let exact = SessionOptions(threads: 1, backend: .swift, maximumMemoryByteCount: need)
    _ = try model.makeSession(exact)
    var short = exact
    short.maximumMemoryByteCount = need - 1
    #expect(throws: MNV4Error.self) { try model.makeSession(short) }
  }

  @Test(arguments: [0, -1, 257, .max]) func badThreadCountsAreRefused(_ count: Int) throws {
    let model = try TestModel.small()
    let error = #expect(throws: MNV4Error.self) {
      try model.makeSession(SessionOptions(threads: count))
    }
    #expect(error?.description == "threads: expected 1 to 256, found \(count)")
  }

  @Test func outputsThatAreHeldKeepTheirValues() throws {
    let session = try TestModel.small().makeSession(SessionOptions(threads: 1))
    let inputs = try (1...3).map {
      try Tensor(shape: [1, 9, 9, 3], elements: seededElements(243, seed: $0))
    }
    let held = try inputs.map { try session.run($0) }
    let expected = try inputs.map { try session.run($0).elements }
    #expect(held.map(\.elements) == expected)
    #expect(Set(expected).count == 3)
  }

  @Test func memoryOfAnOutputThatNobodyHoldsIsUsedAgain() throws {
    let session = try TestModel.small().makeSession(SessionOptions(threads: 1))
    let input = try Tensor(shape: [1, 9, 9, 3], elements: seededElements(243))
    func address() throws -> UInt {
      try session.run(input).withUnsafeElements { UInt(bitPattern: $0.baseAddress) }
    }
    let first = try address()
    #expect(try address() == first)
  }

  /// What a run leaves in the arena does not reach the next.
  @Test(arguments: TestModel.backends) func runsDoNotDependOnEachOther(
    _ backend: BackendChoice
  ) throws {
    let model = try TestModel.small()
    let options = SessionOptions(threads: 1, backend: backend)
    let input = try Tensor(shape: [1, 9, 9, 3], elements: seededElements(243))
    let fresh = try model.makeSession(options).run(input).elements
    let session = try model.makeSession(options)
    let wild = try Tensor(shape: [1, 9, 9, 3], elements: Array(repeating: .nan, count: 243))
    _ = try session.run(wild)
    #expect(try session.run(input).elements == fresh)
  }

  /// The plan's arena, in-place steps and fused passes compute what the bare graph says.
  @Test(arguments: TestModel.backends) func planComputesTheGraph(_ backend: BackendChoice) throws {
    let model = try TestModel.small()
    let pixels = seededElements(243)
    let session = try model.makeSession(SessionOptions(threads: 1, backend: backend))
    let found = try session.run(try Tensor(shape: [1, 9, 9, 3], elements: pixels)).elements
    let expected = try NodeByNode.run(model.file.graph, pixels)
    #expect(relativeDifference(found, expected) < 1e-5)
  }

  @Test func profileTimesEveryStep() throws {
    let model = try TestModel.small()
    let session = try model.makeSession(SessionOptions(threads: 1))
    let input = try Tensor(shape: [1, 9, 9, 3], elements: seededElements(243))
    var profile = Profile()
    let profiled = try (0..<3).map { _ in try session.run(input, profile: &profile).elements }
    let stepCount = try model.plan(for: .automatic).steps.count
    #expect(profile.runCount == 3)
    #expect(profile.totals.count == stepCount)
    #expect(profile.lastRun.count == stepCount)
    #expect(zip(profile.lastRun, profile.lastRun.dropFirst()).allSatisfy { $0.start <= $1.start })
    #expect(Set(profiled) == [try session.run(input).elements])
  }

  /// Numbers become the nearest integers, halves to even; those beyond them the outermost; NaN the
  /// zero point.
  @Test(arguments: [ElementType.int8, .uint8])
  func numbersBecomeIntegersAndBack(_ type: ElementType) throws {
    let shape = try Shape([1, 19])
    let zeroPoint: Int32 = type == .int8 ? -28 : 100
    let value = Value(
      shape: shape, elementType: type,
      quantization: try QuantizationParameters(
        scales: [0.5], zeroPoints: [zeroPoint], axis: nil, shape: shape, elementType: type))
    let graph = Graph(
      name: "integers", values: [value], inputs: [ValueID(0)], outputs: [ValueID(0)])
    let session = try Model(ModelFile(graph: graph)).makeSession(SessionOptions(threads: 1))
    let input: [Float] = [
      0, 0.25, 0.75, -0.25, -0.75, 1, 77.5, 77.74, 77.76, 1e30, .infinity, -50, -50.24, -50.3,
      -1e30,
      -.infinity, .nan, 3.1, -3.1,
    ]
    let expected: [Float] = [
      0, 0, 1, 0, -1, 1, 77.5, 77.5, 77.5, 77.5, 77.5, -50, -50, -50, -50, -50, 0, 3, -3,
    ]
    let output = try session.run(Tensor(shape: [1, 19], elements: input))
    #expect(output.elements == expected)
  }
}
