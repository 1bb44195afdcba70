import MNV4Core
import MNV4Graph
import MNV4Zoo
import Testing

@Suite struct ZooTests {
  private let small: Architecture

  init() throws { small = try #require(Architecture.named("mobilenetv4_conv_small")) }

  /// The counts that timm and the paper's table give.
  @Test func sizeAndCostAreThePapers() throws {
    let graph = try small.build(weights: SeededWeights(seed: 0))
    #expect(graph.trainableParameterCount == 3_774_024)
    #expect(graph.multiplyAccumulateCount == 186_005_568)
    #expect(graph[graph.inputs[0]].shape.dimensions == [1, 224, 224, 3])
    #expect(graph[graph.outputs[0]].shape.dimensions == [1, 1000])
  }

  @Test func smallPicturesTakeAStemOfStrideOne() throws {
    let graph = try small.build(
      .init(classCount: 10, inputSize: 32, totalStride: 16), weights: SeededWeights(seed: 0))
    #expect(graph.multiplyAccumulateCount == 16_220_928)
    #expect(graph[graph.inputs[0]].shape.dimensions == [1, 32, 32, 3])
    #expect(graph[graph.outputs[0]].shape.dimensions == [1, 10])
  }

  @Test(arguments: [8, 33, 65]) func everySizeBuilds(_ side: Int) throws {
    for stride in Architecture.Parameters.totalStrides {
      let graph = try small.build(
        .init(classCount: 3, inputSize: side, totalStride: stride), weights: SeededWeights(seed: 0))
      #expect(graph[graph.outputs[0]].shape.dimensions == [1, 3])
    }
  }

  @Test(arguments: [
    (Architecture.Parameters(classCount: 0), "classes: expected 1 to 100000, found 0"),
    (.init(classCount: -1), "classes: expected 1 to 100000, found -1"),
    (.init(classCount: .max), "classes: expected 1 to 100000, found \(Int.max)"),
    (.init(inputSize: 7), "input size: expected 8 to 4096, found 7"),
    (.init(inputSize: .min), "input size: expected 8 to 4096, found \(Int.min)"),
    (.init(inputSize: 4097), "input size: expected 8 to 4096, found 4097"),
    (.init(totalStride: 0), "total stride: expected 32, 16 or 8, found 0"),
    (.init(totalStride: 4), "total stride: expected 32, 16 or 8, found 4"),
    (.init(totalStride: 64), "total stride: expected 32, 16 or 8, found 64"),
    (.init(totalStride: .min), "total stride: expected 32, 16 or 8, found \(Int.min)"),
  ])
  func badParametersAreRefused(_ parameters: Architecture.Parameters, _ message: String) throws {
    let error = #expect(throws: BuildError.self) {
      try small.build(parameters, weights: SeededWeights(seed: 0))
    }
    #expect("\(try #require(error))".contains(message))
  }

  @Test func namesAreUnique() {
    #expect(Set(Architecture.all.map(\.name)).count == Architecture.all.count)
    #expect(Architecture.named("mobilenetv4_conv_smal") == nil)
  }
}
