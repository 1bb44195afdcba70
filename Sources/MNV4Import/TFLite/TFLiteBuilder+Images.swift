internal import MNV4Core
internal import MNV4Graph

/// Operators that move a window over an image, or change its size.
extension TFLiteBuilder {
  /// The padding of a window; checks all of the window.
  func padding(
    _ window: TFLiteWindow, kernel: Extent, input: ValueID, _ step: TFLiteOperator
  ) throws(TFLiteError) -> Padding {
    let place = place(of: step)
    guard window.dilationHeight == 1, window.dilationWidth == 1 else {
      throw .unsupported(
        place: place, "dilation \(window.dilationHeight)×\(window.dilationWidth)")
    }
    for stride in [window.strideHeight, window.strideWidth] {
      guard (1...ShapeInference.maximumStride).contains(stride) else {
        throw .field(
          place: place, "stride", expected: "1 to \(ShapeInference.maximumStride)",
          found: "\(stride)")
      }
    }
    for extent in [kernel.height, kernel.width] {
      guard (1...ShapeInference.maximumKernel).contains(extent) else {
        throw .field(
          place: place, "filter", expected: "extents of 1 to \(ShapeInference.maximumKernel)",
          found: "\(extent)")
      }
    }
    switch window.padding {
    case .valid: return .none
    case .same:
      let shape = graph[input].shape
      return .same(
        inputHeight: shape[1], inputWidth: shape[2], kernel: kernel,
        stride: Extent(window.strideHeight, window.strideWidth))
    }
  }

  mutating func averagePool(
    _ step: TFLiteOperator, _ window: TFLiteWindow
  ) throws(TFLiteError) {
    try requireInputs(1...1, of: step)
    let input = try image(0, of: step)
    let kernel = Extent(window.filterHeight, window.filterWidth)
    let pool = AveragePool(
      kernel: kernel, stride: Extent(window.strideHeight, window.strideWidth),
      padding: try padding(window, kernel: kernel, input: input, step))
    try append(
      step, .averagePool(pool), [input],
      then: window.activation == .none ? .identity : activation(window.activation, of: step))
  }

  /// A mean over height and width; other axes are refused.
  mutating func mean(_ step: TFLiteOperator, keepsDimensions: Bool) throws(TFLiteError) {
    try requireInputs(2...2, of: step)
    let input = try image(0, of: step)
    let axes = try integers(1, of: step, count: 1...4)
    guard Set(axes.map { $0 < 0 ? $0 &+ 4 : $0 }) == [1, 2] else {
      throw .field(
        place: place(of: step), "axes", expected: "1 and 2, height and width",
        found: "\(axes)")
    }
    guard !keepsDimensions else { return try append(step, .globalAveragePool, [input]) }
    let shape = graph[input].shape
    let type = try valueType(ofTensor: outputTensor(of: step))
    let means = try append(step, .globalAveragePool, [input], type)
    let output = try self.shape([shape[0], shape[3]], of: step)
    try append(step, .reshape(output), [means])
  }

  // MARK: Padding

  /// Zeros around an image: the padding of the one convolution that reads it, if it has none of its
  /// own, or an operation.
  mutating func pad(_ step: TFLiteOperator) throws(TFLiteError) {
    try requireInputs(2...3, of: step)
    let input = try image(0, of: step)
    let sides = try integers(1, of: step, count: 8...8)
    let place = place(of: step)
    guard sides[0...1] == [0, 0], sides[6...7] == [0, 0] else {
      throw .unsupported(place: place, "padding of other axes than height and width")
    }
    for side in sides where !(0...ShapeInference.maximumPadding).contains(side) {
      throw .field(
        place: place, "padding", expected: "0 to \(ShapeInference.maximumPadding)",
        found: "\(side)")
    }
    if optionalTensor(2, of: step) != nil {
      let fill = try constants.floats(constantTensor(2, of: step), place: place)
      guard fill.allSatisfy({ $0 == 0 }) else {
        throw .unsupported(place: place, "padding with \(fill.first ?? 0), which is not zero")
      }
    }
    let padding = Padding(top: sides[2], left: sides[4], bottom: sides[3], right: sides[5])
    let output = try outputTensor(of: step)
    if try isTakenOver(padding, output, input) {
      guard pendingPads[output] == nil, values[output] == nil, !isConstant(output) else {
        throw .field(
          place: place, "output", expected: "a tensor that nothing else computes",
          found: self.place(ofTensor: output))
      }
      pendingPads[output] = PendingPad(input: input, padding: padding)
    } else {
      try append(step, .pad(padding), [input])
    }
  }

  /// Whether a convolution without padding alone reads the tensor, whose numbers are the input's.
  private func isTakenOver(
    _ padding: Padding, _ tensor: Int, _ input: ValueID
  ) throws(TFLiteError) -> Bool {
    guard readerCounts[tensor] == 1,
      let reader = model.operators.first(where: { $0.inputs.first == tensor })
    else { return false }
    let (window, filter): (TFLiteWindow, [Int])
    switch reader.operation {
    case .convolution(let options), .depthwiseConvolution(let options):
      window = options
      filter = optionalTensor(1, of: reader).map { model.tensors[$0].shape } ?? []
    default: return false
    }
    let type = try valueType(ofTensor: tensor)
    return window.padding == .valid && filter.count == 4
      && max(padding.top, padding.bottom) < filter[1]
      && max(padding.left, padding.right) < filter[2]
      && type.elementType == graph[input].elementType
      && type.quantization == graph[input].quantization
  }

  mutating func resize(
    _ step: TFLiteOperator, alignsCorners: Bool, hasHalfPixelCenters: Bool
  ) throws(TFLiteError) {
    try requireInputs(2...2, of: step)
    let input = try image(0, of: step)
    let size = try integers(1, of: step, count: 2...2)
    let resize = ResizeBilinear(
      height: size[0], width: size[1], alignsCorners: alignsCorners,
      usesHalfPixelCenters: hasHalfPixelCenters)
    try append(step, .resizeBilinear(resize), [input])
  }
}
