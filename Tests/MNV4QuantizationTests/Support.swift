import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph

@testable import MNV4Quantization

/// Numbers from −1 to 1, the same at every call.
func uniform(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

/// Numbers of mean 0 and variance 1, near-normal, the same at every call.
func normal(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in
    (0..<12).reduce(-6) { sum, _ in sum + Float.random(in: 0...1, using: &generator) }
  }
}

func observer(of elements: [Float]) -> Observer {
  var observer = Observer()
  elements.withUnsafeBufferPointer { observer.record($0) }
  return observer
}

extension HessianAccumulator {
  mutating func add(_ elements: [Float]) { elements.withUnsafeBufferPointer { add($0) } }
}

/// What a layer computes from a picture before its bias, `[positions, outputs]`, in double precision.
func products(_ weights: [Float], _ picture: [Float], _ geometry: LayerGeometry) -> [Double] {
  let layout = geometry.layout
  return patches(picture, geometry).flatMap { patch in
    (0..<layout.outputCount).map { output in
      let group = output / layout.outputsPerGroup
      return layout.row(output).enumerated().reduce(0) { sum, position in
        sum + Double(weights[position.element]) * patch[group * layout.rowCount + position.offset]
      }
    }
  }
}

/// For each output position what the weights meet, `[groups, rowCount]`.
func patches(_ picture: [Float], _ geometry: LayerGeometry) -> [[Double]] {
  let layout = geometry.layout
  var all: [[Double]] = []
  for y in 0..<geometry.outputHeight {
    for x in 0..<geometry.outputWidth {
      var patch: [Double] = []
      for group in 0..<layout.groupCount {
        for row in 0..<layout.kernel.height {
          for column in 0..<layout.kernel.width {
            let inputY = y * geometry.stride.height + row - geometry.padding.top
            let inputX = x * geometry.stride.width + column - geometry.padding.left
            for channel in 0..<layout.inputsPerGroup {
              let isInside =
                inputY >= 0 && inputY < geometry.inputHeight && inputX >= 0
                && inputX < geometry.inputWidth
              let index =
                (inputY * geometry.inputWidth + inputX) * layout.inputCount
                + group * layout.inputsPerGroup + channel
              patch.append(isInside ? Double(picture[index]) : 0)
            }
          }
        }
      }
      all.append(patch)
    }
  }
  return all
}

/// A convolution's geometry, padded as PyTorch does.
func geometry(
  height: Int = 5, width: Int = 4, inputs: Int, outputs: Int, kernel: Int = 1, stride: Int = 1,
  groups: Int = 1
) throws -> LayerGeometry {
  let extent = Extent(kernel, kernel)
  let convolution = Convolution(
    weights: ConstantID(0), bias: nil, kernel: extent, stride: Extent(stride, stride),
    padding: .symmetric(kernel: extent), groups: groups)
  let size = [height, width].map { ($0 + 2 * ((kernel - 1) / 2) - kernel) / stride + 1 }
  return LayerGeometry(
    convolution, input: try Shape([1, height, width, inputs]),
    output: try Shape([1, size[0], size[1], outputs]))
}

/// Draws small graphs, operation by operation, with seeded constants.
struct GraphSketch {
  private(set) var graph = Graph(name: "sketch")
  private var seed: UInt64 = 100

  mutating func input(_ shape: [Int]) throws -> ValueID {
    graph.values.append(Value(shape: try Shape(shape)))
    graph.inputs = [ValueID(0)]
    return ValueID(0)
  }

  /// Elements of very different sizes from one index of the first axis to the next.
  mutating func constant(_ shape: [Int]) throws -> ConstantID {
    seed += 1
    let shape = try Shape(shape)
    let rowCount = shape.elementCount / shape[0]
    let elements = uniform(shape.elementCount, seed: seed).enumerated().map { index, element in
      element * [0.03, 1, 0.3, 0.1][index / rowCount % 4]
    }
    graph.constants.append(try Constant(name: "c\(seed)", shape: shape, copying: elements))
    return ConstantID(graph.constants.count - 1)
  }

  @discardableResult
  mutating func append(_ operation: Operation, _ inputs: ValueID...) throws -> ValueID {
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: inputs.map { graph[$0] }, constants: graph.constants)
    graph.values.append(Value(shape: shape))
    let output = ValueID(graph.values.count - 1)
    graph.nodes.append(
      Node(
        name: "n\(graph.nodes.count)", operation: operation, inputs: inputs, output: output))
    return output
  }

  mutating func convolution(
    _ input: ValueID, outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
    activation: Activation = .identity
  ) throws -> ValueID {
    let size = Extent(kernel, kernel)
    let weights = try constant([outputs, kernel, kernel, graph[input].shape.last / groups])
    let bias = try constant([outputs])
    return try append(
      .convolution(
        Convolution(
          weights: weights, bias: bias, kernel: size, stride: Extent(stride, stride),
          padding: .symmetric(kernel: size), groups: groups, activation: activation)), input)
  }

  mutating func finish(_ outputs: ValueID...) throws -> Graph {
    graph.outputs = outputs
    try graph.validate()
    return graph
  }
}

/// What a graph computes on the portable backend.
func run(_ graph: Graph, _ input: [Float]) throws -> [Float] {
  let session = try Model(ModelFile(graph: graph)).makeSession(
    SessionOptions(threads: 1, backend: .swift))
  let tensor = try Tensor(shape: graph[graph.inputs[0]].shape.dimensions, elements: input)
  return try session.run(tensor).withUnsafeElements { Array($0) }
}

/// The largest difference, as a part of the largest magnitude of `expected`.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Float {
  guard found.count == expected.count else { return .infinity }
  let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
  let largest = expected.map { abs($0) }.max() ?? 0
  return difference.isNaN || largest == 0 ? .infinity : difference / largest
}
