import MNV4Core
import MNV4Graph
import Testing

/// Computes a graph's output in double precision, operation by operation as their documentation says.
struct NaiveEvaluator {
  private let graph: Graph
  private var values: [Int: [Double]] = [:]

  static func output(of graph: Graph, input: [Double]) throws -> [Double] {
    try graph.validate()
    var evaluator = NaiveEvaluator(graph: graph)
    evaluator.values[graph.inputs[0].index] = input
    for node in graph.nodes { evaluator.values[node.output.index] = try evaluator.run(node) }
    return try #require(evaluator.values[graph.outputs[0].index])
  }

  private init(graph: Graph) { self.graph = graph }

  private func run(_ node: Node) throws -> [Double] {
    let inputs = try node.inputs.map { try #require(values[$0.index]) }
    let channels = graph[node.output].shape.last
    switch node.operation {
    case .convolution(let convolution): return run(convolution, node, inputs)
    case .fullyConnected(let layer):
      let weights = graph[layer.weights].floats.map(Double.init)
      return (0..<channels).map { output in
        let sum = inputs[0].indices.reduce(layer.bias.map { Double(graph[$0].floats[output]) } ?? 0)
        {
          $0 + weights[output * inputs[0].count + $1] * inputs[0][$1]
        }
        return apply(layer.activation, sum)
      }
    case .batchNormalization(let normalization):
      let (scale, shift) = (graph[normalization.scale].floats, graph[normalization.shift].floats)
      let (mean, variance) = (
        graph[normalization.mean].floats, graph[normalization.variance].floats
      )
      return inputs[0].enumerated().map { index, x in
        let c = index % channels
        let deviation = (Double(variance[c]) + Double(normalization.epsilon)).squareRoot()
        return (x - Double(mean[c])) / deviation * Double(scale[c]) + Double(shift[c])
      }
    case .channelScale(let scaling):
      let factors = graph[scaling.scale].floats
      return inputs[0].enumerated().map { $1 * Double(factors[$0 % channels]) }
    case .activation(let function): return inputs[0].map { apply(function, $0) }
    case .add(let add):
      return inputs[0].indices.map { index in
        let isAdded = index % channels < add.channelCount ?? channels
        return apply(add.activation, inputs[0][index] + (isAdded ? inputs[1][index] : 0))
      }
    case .reshape: return inputs[0]
    case .multiply, .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct,
      .softmax, .pad, .resizeBilinear, .quantize, .dequantize:
      Issue.record("\(node.name): not an operation of these tests")
      return []
    }
  }

  private func run(_ convolution: Convolution, _ node: Node, _ inputs: [[Double]]) -> [Double] {
    let (input, output) = (graph[node.inputs[0]].shape, graph[node.output].shape)
    let weights = graph[convolution.weights].floats
    let bias = convolution.bias.map { graph[$0].floats }
    let (kernel, stride, padding) = (convolution.kernel, convolution.stride, convolution.padding)
    let depth = input[3] / convolution.groups
    var result: [Double] = []
    for y in 0..<output[1] {
      for x in 0..<output[2] {
        for channel in 0..<output[3] {
          var sum = bias.map { Double($0[channel]) } ?? 0
          let first = channel / (output[3] / convolution.groups) * depth
          for ky in 0..<kernel.height {
            for kx in 0..<kernel.width {
              let (row, column) = (
                y * stride.height + ky - padding.top, x * stride.width + kx - padding.left
              )
              guard (0..<input[1]).contains(row), (0..<input[2]).contains(column) else { continue }
              for c in 0..<depth {
                let weight = weights[
                  ((channel * kernel.height + ky) * kernel.width + kx) * depth + c]
                sum += Double(weight) * inputs[0][(row * input[2] + column) * input[3] + first + c]
              }
            }
          }
          switch convolution.residual {
          case .none: break
          case .whole: sum += inputs[1][result.count]
          case .channels(let count): if channel < count { sum += inputs[1][result.count] }
          }
          result.append(apply(convolution.activation, sum))
        }
      }
    }
    return result
  }

  private func apply(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: return x
    case .relu: return max(x, 0)
    case .relu6: return min(max(x, 0), 6)
    case .hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu:
      Issue.record("\(activation.name): not an activation of these tests")
      return .nan
    }
  }
}
