import Foundation
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Zoo
import Testing

@testable import MNV4

/// Models that tests run.
enum TestModel {
  /// MobileNetV4-Conv-S with seeded weights.
  static func mobileNetV4(side: Int, classCount: Int = 1000) throws -> Model {
    let architecture = try #require(Architecture.named("mobilenetv4_conv_small"))
    let graph = try architecture.build(
      .init(classCount: classCount, inputSize: side), weights: SeededWeights(seed: 11))
    return Model(ModelFile(graph: graph))
  }

  /// A small network with a step of most kinds: dense, depthwise and pointwise convolutions, a
  /// residual, an excitation, a partial add, a concatenation, pooling and a fully connected layer.
  static func small(classCount: Int = 4) throws -> Model {
    var sketch = GraphSketch("small")
    let input = try sketch.input([1, 9, 9, 3])
    let stem = try sketch.batchNormalization(
      try sketch.convolution(input, outputs: 12, kernel: 3, stride: 2))
    let active = try sketch.append(.activation(.relu), stem)
    let depthwise = try sketch.convolution(
      active, outputs: 12, kernel: 3, groups: 12, activation: .hardSwish)
    let projected = try sketch.convolution(depthwise, outputs: 12)
    let sum = try sketch.append(.add(Add()), projected, active)
    let squeezed = try sketch.append(.globalAveragePool, sum)
    let factors = try sketch.convolution(squeezed, outputs: 12, activation: .sigmoid)
    let excited = try sketch.append(.multiply(Multiply()), sum, factors)
    let partial = try sketch.append(.add(Add(channelCount: 5)), excited, active)
    let joined = try sketch.append(.concatenation, partial, sum)
    let pooled = try sketch.append(.globalAveragePool, joined)
    let flat = try sketch.append(.reshape(try Shape([1, 24])), pooled)
    let logits = try sketch.fullyConnected(flat, outputs: classCount)
    return Model(ModelFile(graph: try sketch.finish(logits)))
  }

  /// The mean colour of a 2×2 picture through a matrix of one row a class, red, green, blue; then
  /// whatever `last` adds.
  static func colours(
    weights: [Float], bias: [Float], labels: [String] = [],
    last: (inout GraphSketch, ValueID) throws -> ValueID = { $1 }
  ) throws -> Model {
    var sketch = GraphSketch("colours")
    let input = try sketch.input([1, 2, 2, 3])
    let pooled = try sketch.append(.globalAveragePool, input)
    let flat = try sketch.append(.reshape(try Shape([1, 3])), pooled)
    let layer = FullyConnected(
      weights: try sketch.constant("weight", [bias.count, 3], weights),
      bias: try sketch.constant("bias", [bias.count], bias))
    let logits = try sketch.append(.fullyConnected(layer), flat)
    let graph = try sketch.finish(try last(&sketch, logits))
    let preprocessing = try ImagePreprocessing(
      resizeMode: .none, interpolation: .bilinear, cropFraction: 1, mean: [0, 0, 0],
      standardDeviation: [1, 1, 1])
    return Model(ModelFile(graph: graph, preprocessing: preprocessing, labels: labels))
  }

  /// The backends of this build.
  static var backends: [BackendChoice] {
    Model.backendNames.compactMap(BackendChoice.init(rawValue:))
  }
}

/// Calls `body` on as many threads as it says, all at once, and returns when all have ended.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      body(index)
      group.leave()
    }
    thread.start()
  }
  group.wait()
}
