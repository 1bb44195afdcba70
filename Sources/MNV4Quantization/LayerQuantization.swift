import MNV4Core
import MNV4Graph

/// Quantizes the weights of one layer after the other.
struct LayerQuantization {
  let graph: Graph
  let quantizer: WeightQuantizer
  let parameters: [ValueID: QuantizationParameters]

  /// Weights whose largest sum is less than 2⁻⁹ of a step of the output need no finer scale.
  private static let finestRequantization: Float = 0x1p-40

  /// A layer's weights and bias, and where they apply.
  struct Layer {
    let geometry: LayerGeometry
    let weights: [Float]
    let bias: [Float]?
  }

  /// The layer at a node; nil where it is none.
  func layer(_ index: Int) -> Layer? {
    let node = graph.nodes[index]
    return Self.layer(node, of: graph, inputScale: scale(of: node.inputs[0]))
  }

  static func layer(_ node: Node, of graph: Graph, inputScale: Float) -> Layer? {
    guard let constants = node.operation.layerWeights else { return nil }
    let (input, output) = (graph[node.inputs[0]].shape, graph[node.output].shape)
    let geometry: LayerGeometry
    if case .convolution(let convolution) = node.operation {
      geometry = LayerGeometry(convolution, input: input, output: output)
    } else {
      geometry = LayerGeometry(fullyConnectedInput: input, output: output)
    }
    let weights = graph[constants.weights].floats
    let bias = constants.bias.map { constant in
      BiasQuantizer.withinReach(
        graph[constant].floats, weights: weights, layout: geometry.layout,
        largestInput: 255 * Double(inputScale),
        activation: node.operation.fusedActivation)
    }
    return Layer(geometry: geometry, weights: weights, bias: bias)
  }

  /// No scale of the layer's weights is larger, but for those that the output's asks for; nil where
  /// the node is no layer, or one that cannot be quantized.
  static func largestWeightScale(
    of node: Node, in graph: Graph, inputScale: Float
  ) -> Float? {
    guard let layer = layer(node, of: graph, inputScale: inputScale) else { return nil }
    let largest = layer.weights.reduce(0) { max($0, $1.magnitude) } / 127
    guard let bias = layer.bias else { return largest }
    let floors = try? BiasQuantizer.scaleFloors(
      biases: bias, inputScale: inputScale, layout: layer.geometry.layout)
    return floors.map { $0.reduce(largest, max) }
  }

  /// The integers of a layer.
  ///
  /// - Parameter addsBias: whether a layer without a bias gets one of zeros.
  func quantize(
    _ index: Int, hessian: Hessian? = nil, addsBias: Bool
  ) throws(QuantizationFailure) -> QuantizedLayer {
    guard let layer = layer(index) else { preconditionFailure("not a layer") }
    let layout = layer.geometry.layout
    let node = graph.nodes[index]
    let inputScale = scale(of: node.inputs[0])
    let finest = Self.finestRequantization * scale(of: node.output) / inputScale
    let bias =
      layer.bias ?? (addsBias ? [Float](repeating: 0, count: layout.outputCount) : [])
    do throws(QuantizerError) {
      var floors = [Float](repeating: finest, count: layout.outputCount)
      if !bias.isEmpty {
        let own = try BiasQuantizer.scaleFloors(
          biases: bias, inputScale: inputScale, layout: layout)
        floors = zip(floors, own).map { max($0, $1) }
      }
      let weights = try quantizer.quantize(
        WeightQuantizer.Problem(
          weights: layer.weights, layout: layout, hessian: hessian, scaleFloors: floors))
      return QuantizedLayer(weights: weights, bias: bias.map(Double.init))
    } catch {
      throw .layer(name: node.name, reason: error.description)
    }
  }

  /// 1 for a value that stays in float32.
  private func scale(of value: ValueID) -> Float { parameters[value]?.scales[0] ?? 1 }
}
