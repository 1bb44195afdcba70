import MNV4Core
import MNV4Graph
import Testing

/// Networks of int8 in which uint8 takes its place.
@Suite struct UnsignedIntegersTests {
  /// float32 → int8 → pointwise layer → + the int8 before it → float32.
  private func network() throws -> Graph {
    var graph = Graph(name: "test")
    let pixels = [1, 2, 3, 4]
    graph.values = [
      Value(shape: try Shape(pixels)), try integers(pixels, zeroPoint: -128),
      try integers(pixels, zeroPoint: 127), try integers(pixels, scale: 0.25, zeroPoint: 3),
      Value(shape: try Shape(pixels)),
    ]
    graph.constants = [try weights([4, 1, 1, 4], zeroPoint: 0), try bias([1, 2, 3, 4])]
    graph.inputs = [ValueID(0)]
    graph.outputs = [ValueID(4)]
    graph.nodes = [
      Node(name: "in", operation: .quantize, inputs: [ValueID(0)], output: ValueID(1)),
      Node(
        name: "layer",
        operation: .convolution(
          Convolution(weights: ConstantID(0), bias: ConstantID(1), kernel: Extent(1, 1))),
        inputs: [ValueID(1)], output: ValueID(2)),
      Node(
        name: "add", operation: .add(Add()), inputs: [ValueID(2), ValueID(1)], output: ValueID(3)),
      Node(name: "out", operation: .dequantize, inputs: [ValueID(3)], output: ValueID(4)),
    ]
    try graph.validate()
    return graph
  }

  @Test func zeroPointsMoveWithTheIntegers() throws {
    let graph = try network()
    let result = graph.withUnsignedIntegers()
    try result.validate()
    #expect(
      result.values.map(\.elementType) == [.float32, .uint8, .uint8, .uint8, .float32])
    #expect(
      result.values.map { $0.quantization?.zeroPoints } == [nil, [0], [255], [131], nil])
    #expect(
      result.values.map { $0.quantization?.scales } == graph.values.map { $0.quantization?.scales })
    #expect(result.values.map(\.shape) == graph.values.map(\.shape))
    #expect(result.nodes == graph.nodes)
    #expect(result.constants.map(\.elementType) == [.int8, .int32])
  }

  @Test func networksOfOtherTypesStay() throws {
    let result = try network().withUnsignedIntegers()
    #expect(result.withUnsignedIntegers().values == result.values)
    var builder = GraphBuilder(name: "test", weights: SeededWeights(seed: 3))
    let input = try builder.input(height: 4, width: 3, channels: 5)
    let value = try builder.convolution(input, ConvolutionLayer("conv", outputs: 5, kernel: 1))
    let floats = try builder.finish(output: value)
    #expect(floats.withUnsignedIntegers().values == floats.values)
  }

  /// A matrix product takes int8 alone: so does what its operands are made from, up to float32.
  @Test func operandsOfMatrixProductsStay() throws {
    var graph = try network()
    let rows = [1, 3, 4]
    graph.values += [
      Value(shape: try Shape(rows)), try integers(rows), try integers(rows),
      try integers([1, 3, 3]),
    ]
    graph.nodes += [
      Node(
        name: "slice", operation: .slice(Slice(start: 0, count: 12)), inputs: [ValueID(4)],
        output: ValueID(5)),
      Node(name: "quantize", operation: .quantize, inputs: [ValueID(5)], output: ValueID(6)),
      Node(name: "clamp", operation: .activation(.relu), inputs: [ValueID(6)], output: ValueID(7)),
      Node(
        name: "scores", operation: .matrixProduct(MatrixProduct(transposesRight: true)),
        inputs: [ValueID(7), ValueID(6)], output: ValueID(8)),
    ]
    let types = graph.withUnsignedIntegers().values.map(\.elementType)
    #expect(types[1...3] == [.uint8, .uint8, .uint8])
    #expect(types[6...8] == [.int8, .int8, .int8])
  }
}
