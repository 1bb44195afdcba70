import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4

@Suite struct LifetimesTests {
  @Test func valuesLiveFromTheirStepToTheirLastReader() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 8)
    let second = try sketch.convolution(first, outputs: 4)
    let third = try sketch.convolution(first, outputs: 4)
    let joined = try sketch.append(.concatenation, second, third)
    let lifetimes = Lifetimes(try sketch.finish(joined))
    #expect(lifetimes.storage == [0, 1, 2, 3, 4])
    #expect(
      lifetimes.requests == [
        .init(byteCount: 512, firstStep: -1, lastStep: 0),
        .init(byteCount: 512, firstStep: 0, lastStep: 2),
        .init(byteCount: 256, firstStep: 1, lastStep: 3),
        .init(byteCount: 256, firstStep: 2, lastStep: 3),
        .init(byteCount: 512, firstStep: 3, lastStep: 4),
      ])
  }

  /// A reshape is its input, and keeps it alive.
  @Test func reshapeSharesMemory() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 8)
    let flat = try sketch.append(.reshape(try Shape([1, 128])), first)
    let connected = try sketch.fullyConnected(flat, outputs: 3)
    let lifetimes = Lifetimes(try sketch.finish(connected, first))
    #expect(lifetimes.storage[flat.index] == lifetimes.storage[first.index])
    #expect(lifetimes.requests[lifetimes.storage[first.index]].lastStep == 3)
  }

  @Test(arguments: [
    Operation.activation(.sigmoid), .add(Add()), .add(Add(channelCount: 3)), .multiply(Multiply()),
  ])
  func elementwiseStepsWriteOverTheirFirstInput(_ operation: Operation) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 8)
    let output =
      if case .activation = operation { try sketch.append(operation, first) } else {
        try sketch.append(operation, first, input)
      }
    let lifetimes = Lifetimes(try sketch.finish(output))
    #expect(lifetimes.storage[output.index] == lifetimes.storage[first.index])
  }

  /// What forbids writing over the first input.
  enum Obstacle: CaseIterable {
    case readLater, readTwice, graphInput, otherViewReadLater, notElementwise, outputOfTheGraph
    case sameMemoryAsSecondInput
  }

  @Test(arguments: Obstacle.allCases) func memoryIsNotShared(_ obstacle: Obstacle) throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 8])
    let first = try sketch.convolution(input, outputs: 8)
    let output: ValueID
    let graph: Graph
    var source = first
    switch obstacle {
    case .readLater:
      output = try sketch.append(.activation(.sigmoid), first)
      graph = try sketch.finish(try sketch.append(.multiply(Multiply()), output, first))
    case .readTwice:
      output = try sketch.append(.multiply(Multiply()), first, first)
      graph = try sketch.finish(output)
    case .graphInput:
      source = input
      output = try sketch.append(.activation(.sigmoid), input)
      graph = try sketch.finish(output)
    case .otherViewReadLater:
      let flat = try sketch.append(.reshape(try Shape([1, 128])), first)
      output = try sketch.append(.activation(.sigmoid), first)
      let connected = try sketch.fullyConnected(flat, outputs: 3)
      graph = try sketch.finish(connected, output)
    case .notElementwise:
      output = try sketch.append(.softmax, first)
      graph = try sketch.finish(output)
    case .outputOfTheGraph:
      output = try sketch.append(.activation(.sigmoid), first)
      graph = try sketch.finish(output, first)
    case .sameMemoryAsSecondInput:
      let flat = try sketch.append(.reshape(try Shape([1, 4, 4, 8])), first)
      output = try sketch.append(.multiply(Multiply()), flat, first)
      graph = try sketch.finish(output)
    }
    let lifetimes = Lifetimes(graph)
    #expect(lifetimes.storage[output.index] != lifetimes.storage[source.index])
  }
}
