package import MNV4Core

/// Builds a graph layer by layer from weights named as in a checkpoint.
///
/// Weights that are missing or misshapen do not stop the building: zeros stand in, and `finish`
/// reports all of them at once.
package struct GraphBuilder {
  /// How much is padded around a convolution.
  package enum PaddingRule: Hashable, Sendable {
    /// PyTorch's: `(k − 1) / 2` on every side.
    case symmetric
    /// TensorFlow's SAME.
    case same
  }

  package let paddingRule: PaddingRule
  package let batchNormEpsilon: Float
  /// Steps to a lower resolution are left out up to this product of theirs.
  ///
  /// A convolution runs at stride 1 where its input, had every stride been applied, would be reduced
  /// less than this many times: 2 leaves out a network's first step, 4 its first two, 1 none. What
  /// stands beside such a convolution, a shortcut's, is left out with it; whether a block adds its
  /// input goes by the stride of its table.
  package let fullResolutionFactor: Int
  package private(set) var weights: any WeightSource
  private var graph: Graph
  /// How many times each value would be reduced, had every stride been applied.
  private var nominalStrides: [Int] = []
  private var weightErrors: [WeightError] = []

  package init(
    name: String, weights: any WeightSource, paddingRule: PaddingRule = .symmetric,
    batchNormEpsilon: Float = 1e-5, fullResolutionFactor: Int = 1
  ) {
    self.paddingRule = paddingRule
    self.batchNormEpsilon = batchNormEpsilon
    self.fullResolutionFactor = fullResolutionFactor
    self.weights = weights
    self.graph = Graph(name: name)
  }

  package func shape(of value: ValueID) -> Shape { graph[value].shape }

  /// The graph's input, one picture `[1, height, width, channels]`.
  package mutating func input(
    height: Int, width: Int, channels: Int = 3
  ) throws(BuildError) -> ValueID {
    let shape: Shape
    do { shape = try Shape([1, height, width, channels]) } catch {
      throw .graph(GraphError(.graph, .shape(error)))
    }
    let id = define(shape, nominalStride: 1)
    graph.inputs.append(id)
    return id
  }

  /// Ends the graph at `output`. Tensors of the checkpoint that no layer asked for are an error too.
  package consuming func finish(output: ValueID) throws(BuildError) -> Graph {
    let unexpected = weights.unexpectedKeys
    if !unexpected.isEmpty { weightErrors.append(.unexpected(keys: unexpected)) }
    guard weightErrors.isEmpty else { throw .weights(weightErrors) }
    graph.outputs = [output]
    do { try graph.validate() } catch { throw .graph(error) }
    return graph
  }

  // MARK: Layers

  /// A convolution with `key` its weights in the checkpoint, PyTorch's `[outputs, inputs / groups,
  /// height, width]`, and `biasKey` its bias `[outputs]`, if any.
  package mutating func convolution(
    _ input: ValueID, _ layer: ConvolutionLayer
  ) throws(BuildError) -> ValueID {
    let shape = self.shape(of: input)
    let kernel = Extent(layer.kernel, layer.kernel)
    let nominalStride = nominalStrides[input.index]
    let isLeftOut = nominalStride < fullResolutionFactor
    let stride = isLeftOut ? Extent(1, 1) : Extent(layer.stride, layer.stride)
    let padding: Padding =
      switch paddingRule {
      case .symmetric: .symmetric(kernel: kernel)
      case .same:
        .same(inputHeight: shape[1], inputWidth: shape[2], kernel: kernel, stride: stride)
      }
    let inputs = shape[3] / layer.groups
    let weights = try constant(
      layer.key,
      [layer.outputs, inputs, layer.kernel, layer.kernel], as: .outputsHeightWidthInputs)
    let bias: ConstantID? =
      if let key = layer.biasKey { try constant(key, [layer.outputs], as: .unchanged) } else { nil }
    let output = try append(
      layer.name,
      .convolution(
        Convolution(
          weights: weights, bias: bias, kernel: kernel, stride: stride, padding: padding,
          groups: layer.groups)),
      [input])
    nominalStrides[output.index] = nominalStride * layer.stride
    return output
  }

  /// Batch normalization with the checkpoint's `prefix.weight`, `.bias`, `.running_mean` and
  /// `.running_var`.
  package mutating func batchNormalization(
    _ input: ValueID, prefix: String
  ) throws(BuildError) -> ValueID {
    let channels = [shape(of: input).last]
    let normalization = BatchNormalization(
      scale: try constant("\(prefix).weight", channels, as: .unchanged),
      shift: try constant("\(prefix).bias", channels, as: .unchanged),
      mean: try constant("\(prefix).running_mean", channels, as: .unchanged),
      variance: try constant("\(prefix).running_var", channels, as: .unchanged),
      epsilon: batchNormEpsilon)
    return try append(prefix, .batchNormalization(normalization), [input])
  }

  /// A fully connected layer with the checkpoint's `prefix.weight` and `prefix.bias`.
  package mutating func fullyConnected(
    _ input: ValueID, prefix: String, outputs: Int
  ) throws(BuildError) -> ValueID {
    let weights = try constant(
      "\(prefix).weight", [outputs, shape(of: input).last], as: .unchanged)
    let bias = try constant("\(prefix).bias", [outputs], as: .unchanged)
    return try append(
      prefix, .fullyConnected(FullyConnected(weights: weights, bias: bias)), [input])
  }

  /// `[1, 1, 1, C]` → `[1, C]`.
  package mutating func flatten(_ input: ValueID) throws(BuildError) -> ValueID {
    let old = shape(of: input)
    return try reshape(input, to: [old[0], old.elementCount / old[0]], "flatten")
  }

  /// The same elements in another shape.
  package mutating func reshape(
    _ input: ValueID, to dimensions: [Int], _ name: String
  ) throws(BuildError) -> ValueID {
    let shape: Shape
    do { shape = try Shape(dimensions) } catch {
      throw .graph(GraphError(.node(index: graph.nodes.count, name: name), .shape(error)))
    }
    return try append(name, .reshape(shape), [input])
  }

  /// A factor a channel, the checkpoint's `prefix.gamma`.
  package mutating func layerScale(
    _ input: ValueID, prefix: String
  ) throws(BuildError) -> ValueID {
    let scale = try constant("\(prefix).gamma", [shape(of: input).last], as: .unchanged)
    return try append(prefix, .channelScale(ChannelScale(scale: scale)), [input])
  }

  /// Takes a tensor from the checkpoint that the network has and does not use: it must be there, in
  /// its shape, and becomes no part of the graph.
  package mutating func acknowledge(_ key: String, shape: [Int]) {
    do throws(WeightError) { _ = try weights.tensor(key, shape: shape) } catch {
      weightErrors.append(error)
    }
  }

  /// Any operation that reads no checkpoint.
  package mutating func append(
    _ name: String, _ operation: Operation, _ inputs: [ValueID]
  ) throws(BuildError) -> ValueID {
    let shape: Shape
    do throws(GraphError.Rule) {
      shape = try ShapeInference.outputShape(
        of: operation, inputs: inputs.map { graph[$0] }, constants: graph.constants)
    } catch {
      throw .graph(GraphError(.node(index: graph.nodes.count, name: name), error))
    }
    let output = define(
      shape, nominalStride: inputs.map { nominalStrides[$0.index] }.max() ?? 1)
    graph.nodes.append(Node(name: name, operation: operation, inputs: inputs, output: output))
    return output
  }

  // MARK: Constants

  private enum Layout {
    case unchanged
    case outputsHeightWidthInputs
  }

  private mutating func define(_ shape: Shape, nominalStride: Int) -> ValueID {
    graph.values.append(Value(shape: shape))
    nominalStrides.append(nominalStride)
    return ValueID(graph.values.count - 1)
  }

  /// Takes a tensor from the checkpoint; zeros where it is missing.
  private mutating func constant(
    _ key: String, _ dimensions: [Int], as layout: Layout
  ) throws(BuildError) -> ConstantID {
    let shape: Shape
    do { shape = try Shape(dimensions) } catch {
      throw .graph(
        GraphError(.constant(index: graph.constants.count, name: key), .shape(error)))
    }
    if let zeros = weights.placeholder(key, shape: dimensions) {
      graph.constants.append(
        Constant(
          name: key, shape: try stored(shape, as: layout), elementType: .float32, data: zeros))
      return ConstantID(graph.constants.count - 1)
    }
    var elements: [Float]
    do throws(WeightError) {
      elements = try weights.tensor(key, shape: dimensions)
    } catch {
      weightErrors.append(error)
      elements = [Float](repeating: 0, count: shape.elementCount)
    }
    do {
      switch layout {
      case .unchanged:
        graph.constants.append(try Constant(name: key, shape: shape, copying: elements))
      case .outputsHeightWidthInputs:
        let (outputs, inputs) = (dimensions[0], dimensions[1])
        let taps = dimensions[2] * dimensions[3]
        if taps > 1 && inputs > 1 {
          elements = Self.channelsInnermost(elements, outputs: outputs, inputs: inputs, taps: taps)
        }
        let permuted = try stored(shape, as: layout)
        graph.constants.append(try Constant(name: key, shape: permuted, copying: elements))
      }
    } catch let error as AllocationError {
      throw .allocation(error)
    } catch {
      throw .graph(GraphError(.graph, .field(key, expected: "a shape", found: "\(error)")))
    }
    return ConstantID(graph.constants.count - 1)
  }

  /// The shape that a tensor of the checkpoint has in the graph.
  private func stored(_ shape: Shape, as layout: Layout) throws(BuildError) -> Shape {
    guard layout == .outputsHeightWidthInputs else { return shape }
    do { return try Shape([shape[0], shape[2], shape[3], shape[1]]) } catch {
      throw .graph(GraphError(.graph, .shape(error)))
    }
  }

  /// `[outputs, inputs, taps]` → `[outputs, taps, inputs]`.
  private static func channelsInnermost(
    _ elements: [Float], outputs: Int, inputs: Int, taps: Int
  ) -> [Float] {
    var result = [Float](repeating: 0, count: elements.count)
    for output in 0..<outputs {
      let start = output * inputs * taps
      for input in 0..<inputs {
        for tap in 0..<taps {
          result[start + tap * inputs + input] = elements[start + input * taps + tap]
        }
      }
    }
    return result
  }
}
