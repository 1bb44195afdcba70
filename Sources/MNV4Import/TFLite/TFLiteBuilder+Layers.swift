internal import MNV4Core
internal import MNV4Graph

/// Operators with weights.
extension TFLiteBuilder {
  mutating func convolution(
    _ step: TFLiteOperator, _ window: TFLiteWindow
  ) throws(TFLiteError) {
    let filter = try filterShape(of: step)
    let (input, pad) = try paddedInput(of: step)
    let channels = graph[input].shape[3]
    guard channels % filter[3] == 0 else {
      throw .field(
        place: place(of: step), "filter", expected: "a divisor of \(channels) input channels",
        found: Shape.describe(filter.dimensions))
    }
    try append(
      step, window, input: input, pad: pad,
      kernel: Extent(filter[1], filter[2]), groups: channels / filter[3], layout: .unchanged)
  }

  /// A filter `[1, height, width, C · multiplier]`: output c · multiplier + k reads channel c alone.
  mutating func depthwiseConvolution(
    _ step: TFLiteOperator, _ window: TFLiteWindow
  ) throws(TFLiteError) {
    let filter = try filterShape(of: step)
    let (input, pad) = try paddedInput(of: step)
    let channels = graph[input].shape[3]
    guard filter[0] == 1, filter[3] % channels == 0 else {
      throw .field(
        place: place(of: step), "filter",
        expected: "shape 1×H×W×C, C a multiple of \(channels) input channels",
        found: Shape.describe(filter.dimensions))
    }
    try append(
      step, window, input: input, pad: pad,
      kernel: Extent(filter[1], filter[2]), groups: channels, layout: .channelsOutermost)
  }

  /// A padding that was put off is taken over, with the value before it.
  private func paddedInput(
    of step: TFLiteOperator
  ) throws(TFLiteError) -> (ValueID, PendingPad?) {
    if let pad = pendingPads[try tensor(0, of: step)] { return (pad.input, pad) }
    return (try image(0, of: step), nil)
  }

  private func filterShape(of step: TFLiteOperator) throws(TFLiteError) -> Shape {
    try requireInputs(2...3, of: step)
    let tensor = try tensor(1, of: step)
    let dimensions = model.tensors[tensor].shape
    let shape = try? Shape(dimensions)
    guard let shape, shape.rank == 4 else {
      throw .field(
        place: place(of: step), "filter", expected: "four extents of at least 1",
        found: Shape.describe(dimensions))
    }
    return shape
  }

  private mutating func append(
    _ step: TFLiteOperator, _ window: TFLiteWindow, input: ValueID, pad: PendingPad?,
    kernel: Extent, groups: Int, layout: TFLiteConstants.Layout
  ) throws(TFLiteError) {
    let (weights, bias) = try weights(of: step, input: graph[input], layout)
    let own = try padding(window, kernel: kernel, input: input, step)
    let convolution = Convolution(
      weights: weights, bias: bias, kernel: kernel,
      stride: Extent(window.strideHeight, window.strideWidth), padding: pad?.padding ?? own,
      groups: groups, activation: try activation(window.activation, of: step))
    try append(step, .convolution(convolution), [input])
  }

  mutating func fullyConnected(
    _ step: TFLiteOperator, _ fused: TFLiteActivation, keepsDimensions: Bool
  ) throws(TFLiteError) {
    try requireInputs(2...3, of: step)
    var input = try value(0, of: step)
    let filter = model.tensors[try tensor(1, of: step)].shape
    guard filter.count == 2, filter[1] >= 1 else {
      throw .field(
        place: place(of: step), "weights", expected: "shape outputs×inputs",
        found: Shape.describe(filter))
    }
    let shape = graph[input].shape
    if !keepsDimensions, shape.rank != 2 || shape.last != filter[1] {
      guard shape.elementCount % filter[1] == 0 else {
        throw .field(
          place: place(of: step), "input", expected: "rows of \(filter[1])", found: "\(shape)")
      }
      input = try reshaped(input, to: [shape.elementCount / filter[1], filter[1]], step)
    }
    let (weights, bias) = try weights(of: step, input: graph[input], .unchanged)
    let layer = FullyConnected(
      weights: weights, bias: bias, activation: try activation(fused, of: step))
    try append(step, .fullyConnected(layer), [input])
  }

  // MARK: Constants

  /// The constants of weights (input 1) and bias (input 2) for an input of that type.
  private mutating func weights(
    of step: TFLiteOperator, input: Value, _ layout: TFLiteConstants.Layout
  ) throws(TFLiteError) -> (weights: ConstantID, bias: ConstantID?) {
    let filter = try constantTensor(1, of: step)
    let isFloat = input.elementType == .float32
    let weights = add(
      try constants.weights(
        filter, layout,
        ConstantRole(
          name: constantName("weights", of: step), place: place(ofTensor: filter),
          isFloat: isFloat)))
    guard optionalTensor(2, of: step) != nil else { return (weights, nil) }
    let bias = try constantTensor(2, of: step)
    let source = BiasScales(
      input: model.tensors[try tensor(0, of: step)].quantization,
      weights: model.tensors[filter].quantization)
    return (
      weights,
      add(
        try constants.bias(
          bias, source,
          ConstantRole(
            name: constantName("bias", of: step), place: place(ofTensor: bias), isFloat: isFloat)))
    )
  }

  private mutating func add(_ constant: Constant) -> ConstantID {
    graph.constants.append(constant)
    return ConstantID(graph.constants.count - 1)
  }

  /// The tensor that holds the data of a constant operand.
  func constantTensor(_ position: Int, of step: TFLiteOperator) throws(TFLiteError) -> Int {
    let tensor = try tensor(position, of: step)
    let source = constantSources[tensor] ?? tensor
    guard model.tensors[source].isConstant else {
      throw .field(
        place: place(of: step), "input \(position)", expected: "a constant",
        found: place(ofTensor: tensor))
    }
    return source
  }

  /// A name that no other constant has: that of the layer, with the operator's number where another
  /// layer has the same.
  private mutating func constantName(_ role: String, of step: TFLiteOperator) -> String {
    let layer = name(of: step)
    let name = "\(layer)/\(role)"
    guard layer.contains("#") || !constantNames.insert(name).inserted else { return name }
    return "\(layer)#\(step.index)/\(role)"
  }

  /// Appends a float32 constant that belongs to the operator's layer as `role`.
  mutating func add(
    _ elements: [Float], _ shape: Shape, _ role: String, of step: TFLiteOperator
  ) throws(TFLiteError) -> ConstantID {
    let name = constantName(role, of: step)
    return add(try constants.constant(elements, shape, name: name))
  }

  /// Appends a constant of integers.
  mutating func add<Element: FixedWidthInteger & BitwiseCopyable>(
    _ elements: [Element], _ shape: Shape, _ type: ElementType,
    _ quantization: QuantizationParameters?, role: String, of step: TFLiteOperator
  ) throws(TFLiteError) -> ConstantID {
    let name = constantName(role, of: step)
    return add(
      Constant(
        name: name, shape: shape, elementType: type, quantization: quantization,
        data: try constants.copy(elements)))
  }
}

/// What the scales of a bias follow from.
struct BiasScales {
  let input: TFLiteQuantization?
  let weights: TFLiteQuantization?
}
