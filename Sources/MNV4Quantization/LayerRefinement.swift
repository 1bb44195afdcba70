import MNV4
import MNV4Core
import MNV4Graph

/// Quantizes the layers of an integer network again, in the order of the network, each knowing the
/// integers that the layers before it really give: weights rounded by the second moments of the
/// layer's inputs, biases corrected by what the errors of the weights make of the mean inputs.
struct LayerRefinement {
  let options: QuantizationOptions
  let layers: LayerQuantization
  /// How many inputs are kept at a time.
  let inputCount: Int

  /// What the tensors of the inputs may take.
  static let byteCountLimit = 192 << 20
  /// Output pixels that count towards the second moments: so many for each input of a sum, and at
  /// least so many of each picture.
  private static let positionsPerWeight = 4
  private static let leastPositions = 32

  /// How many of the inputs fit into the limit: at least one.
  static func inputCount(of graph: Graph) -> Int {
    max(byteCountLimit / max(StoredTensors.peakByteCount(of: graph), 1), 1)
  }

  /// Changes weights and biases of `result` for the better.
  ///
  /// - Parameter advance: called after each layer.
  func refine(
    _ result: inout IntegerGraphBuilder.Result, on inputs: CalibrationInputs, advance: () -> Void
  ) throws(MNV4Error) {
    var tensors = StoredTensors(result.graph)
    tensors[result.graph.inputs[0]] = try load(inputs, as: result.graph[result.graph.inputs[0]])
    for index in result.graph.nodes.indices {
      let node = result.graph.nodes[index]
      if let origin = result.origins[index], node.operation.layerWeights != nil,
        result.graph[node.inputs[0]].elementType != .float32
      {
        try refineLayer(origin, at: index, of: &result.graph, tensors[node.inputs[0]])
        advance()
      }
      try run(index, of: result.graph, &tensors)
      tensors.release(after: index, of: result.graph)
    }
  }

  private func load(
    _ inputs: CalibrationInputs, as value: Value
  ) throws(MNV4Error) -> [AlignedBuffer] {
    var elements = [Float](repeating: 0, count: value.shape.elementCount)
    var buffers: [AlignedBuffer] = []
    for index in 0..<inputCount {
      let result = elements.withUnsafeMutableBufferPointer { elements in
        Result { () throws(MNV4Error) in try inputs.write(index, to: elements) }
      }
      try result.get()
      let buffer = try Self.buffer(value)
      elements.withUnsafeBufferPointer { value.write($0, to: buffer.unsafeMutableBytes) }
      buffers.append(buffer)
    }
    return buffers
  }

  private static func buffer(_ value: Value) throws(MNV4Error) -> AlignedBuffer {
    do { return try AlignedBuffer(byteCount: value.byteCount, zeroed: false) } catch {
      throw MNV4Error(.outOfResources, error.description)
    }
  }

  /// Computes the output of a node for every input.
  private func run(
    _ index: Int, of graph: Graph, _ tensors: inout StoredTensors
  ) throws(MNV4Error) {
    let node = graph.nodes[index]
    if case .reshape = node.operation {
      tensors[node.output] = tensors[node.inputs[0]]
      return
    }
    let step = try SingleStep(node, of: graph, options: options.session)
    let operands = node.inputs.map { tensors[$0] }
    var outputs: [AlignedBuffer] = []
    for picture in 0..<inputCount {
      for (operand, buffers) in operands.enumerated() {
        buffers[picture].withUnsafeBytes { step.inputBytes(operand).copyMemory(from: $0) }
      }
      let buffer = try Self.buffer(step.output)
      buffer.unsafeMutableBytes.copyMemory(from: step.run())
      outputs.append(buffer)
    }
    tensors[node.output] = outputs
  }

  // MARK: A layer

  private func refineLayer(
    _ origin: Int, at index: Int, of graph: inout Graph, _ inputs: [AlignedBuffer]
  ) throws(MNV4Error) {
    let node = graph.nodes[index]
    let input = graph[node.inputs[0]]
    do throws(QuantizationFailure) {
      guard let source = layers.layer(origin) else { return }
      let moments = moments(of: source.geometry, input: input, inputs)
      var layer = try layers.quantize(
        origin, hessian: options.correctsBias ? moments?.centered() : moments,
        addsBias: options.correctsBias)
      if options.correctsBias, let moments {
        let correction = BiasCorrection.fromWeightErrors(
          weights: source.weights, quantized: layer.weights, inputMeans: moments.means)
        layer.bias = zip(layer.bias, correction).map { $0 + $1 }
      }
      try replace(node, of: &graph, with: layer)
    } catch {
      throw MNV4Error(.unsupportedModel, error.description)
    }
  }

  /// Second moments of what the layer's weights meet.
  private func moments(
    of geometry: LayerGeometry, input: Value, _ inputs: [AlignedBuffer]
  ) -> Hessian? {
    let wanted = geometry.layout.rowCount * Self.positionsPerWeight / max(inputs.count, 1)
    var accumulator = HessianAccumulator(
      geometry: geometry, positionLimit: max(wanted, Self.leastPositions), seed: options.seed)
    var elements = [Float](repeating: 0, count: input.shape.elementCount)
    for buffer in inputs {
      elements.withUnsafeMutableBufferPointer { elements in
        buffer.withUnsafeBytes { input.read($0, into: elements) }
        accumulator.add(UnsafeBufferPointer(elements))
      }
    }
    return accumulator.finish()
  }

  private func replace(
    _ node: Node, of graph: inout Graph, with layer: QuantizedLayer
  ) throws(QuantizationFailure) {
    guard let constants = node.operation.layerWeights else { return }
    let weights = graph[constants.weights]
    graph.constants[constants.weights.index] = try layer.weightConstant(
      name: weights.name, shape: weights.shape, layerName: node.name)
    guard let bias = constants.bias, !layer.bias.isEmpty else { return }
    graph.constants[bias.index] = try layer.biasConstant(
      name: graph[bias].name, inputScale: graph[node.inputs[0]].scale, layerName: node.name)
  }
}
