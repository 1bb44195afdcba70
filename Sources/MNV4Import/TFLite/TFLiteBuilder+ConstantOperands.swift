internal import MNV4Core
internal import MNV4Graph

/// Sums and products with a constant: layers of one weight a channel.
extension TFLiteBuilder {
  struct ConstantOperand {
    /// The operand that is computed.
    let value: ValueID
    /// The real number for each of its channels.
    let numbers: [Float]
  }

  /// The constant among an operator's two operands; nil where both are computed.
  mutating func constantOperand(
    of step: TFLiteOperator
  ) throws(TFLiteError) -> ConstantOperand? {
    let isSecond = isConstant(try tensor(1, of: step))
    let isFirst = isConstant(try tensor(0, of: step))
    guard isFirst || isSecond else { return nil }
    let input = try value(isSecond ? 0 : 1, of: step)
    let tensor = try constantTensor(isSecond ? 1 : 0, of: step)
    let numbers = try constants.floats(tensor, place: place(ofTensor: tensor))
    let channels = graph[input].shape.last
    switch numbers.count {
    case 1:
      return ConstantOperand(
        value: input, numbers: Array(repeating: numbers[0], count: channels))
    case channels where model.tensors[tensor].shape.last == channels:
      return ConstantOperand(value: input, numbers: numbers)
    default:
      throw .unsupported(
        place: place(of: step),
        "a constant of shape \(Shape.describe(model.tensors[tensor].shape)) beside "
          + "\(graph[input].shape); one number, or one a channel, is")
    }
  }

  /// `activation(value · numbers)`: a scale a channel; of integers, a depthwise convolution whose
  /// weights are 1, −1 or 0 with the number's magnitude as scale.
  mutating func multiply(
    _ step: TFLiteOperator, _ operand: ConstantOperand, _ activation: Activation
  ) throws(TFLiteError) {
    let numbers = operand.numbers
    guard graph[operand.value].elementType != .float32 else {
      let scale = try add(numbers, shape([numbers.count], of: step), "scale", of: step)
      return try append(
        step, .channelScale(ChannelScale(scale: scale)), [operand.value], then: activation)
    }
    try append(
      step, operand.value,
      ChannelWeights(
        weights: numbers.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
        scales: numbers.map { $0 == 0 ? 1 : $0.magnitude }, bias: nil), activation)
  }

  /// `activation(value + numbers)`: the bias of a depthwise convolution whose filters are ones; of
  /// integers, rounded to 1/127 of a step of the value.
  mutating func add(
    _ step: TFLiteOperator, _ operand: ConstantOperand, _ activation: Activation
  ) throws(TFLiteError) {
    let numbers = operand.numbers
    let value = graph[operand.value]
    guard value.elementType != .float32 else {
      let ones = [Float](repeating: 1, count: numbers.count)
      let weights = try add(ones, shape([numbers.count, 1, 1, 1], of: step), "weights", of: step)
      let bias = try add(numbers, shape([numbers.count], of: step), "bias", of: step)
      return try append(
        step, channelConvolution(weights, bias, numbers.count, activation), operand.value)
    }
    let scale = 1 / 127 as Float
    var bias: [Int32] = []
    for number in numbers {
      let steps = (Double(number) / (Double(value.scale) * Double(scale))).rounded()
      guard let integer = Int32(exactly: steps) else {
        throw .field(
          place: place(of: step), "constant", expected: "a number of 32 bits in steps of the sum",
          found: "\(number)")
      }
      bias.append(integer)
    }
    try append(
      step, operand.value,
      ChannelWeights(
        weights: Array(repeating: 127, count: numbers.count),
        scales: Array(repeating: scale, count: numbers.count), bias: bias), activation)
  }

  // MARK: Layers

  /// One integer weight a channel, and the real number that a step of it stands for.
  private struct ChannelWeights {
    var weights: [Int8]
    var scales: [Float]
    var bias: [Int32]?
  }

  private func channelConvolution(
    _ weights: ConstantID, _ bias: ConstantID?, _ channels: Int, _ activation: Activation
  ) -> Convolution {
    Convolution(
      weights: weights, bias: bias, kernel: .one, groups: channels, activation: activation)
  }

  private mutating func append(
    _ step: TFLiteOperator, _ convolution: Convolution, _ input: ValueID
  ) throws(TFLiteError) {
    try requireImage(input, of: step)
    try append(step, .convolution(convolution), [input])
  }

  private mutating func append(
    _ step: TFLiteOperator, _ input: ValueID, _ layer: ChannelWeights, _ activation: Activation
  ) throws(TFLiteError) {
    guard graph[input].elementType == .int8 else {
      // Weights of uint8 layers have one scale for all.
      throw .unsupported(
        place: place(of: step), "a constant operand beside uint8; --dequantize takes it")
    }
    let count = layer.weights.count
    let shape = try shape([count, 1, 1, 1], of: step)
    let quantization: QuantizationParameters
    do {
      quantization = try QuantizationParameters(
        scales: layer.scales, zeroPoints: Array(repeating: 0, count: count), axis: 0,
        shape: shape, elementType: .int8)
    } catch {
      throw TFLiteError(place(of: step), .quantization(error))
    }
    let weights = try add(
      layer.weights, shape, .int8, quantization, role: "weights", of: step)
    var bias: ConstantID?
    if let integers = layer.bias {
      bias = try add(
        integers, self.shape([count], of: step), .int32, nil, role: "bias", of: step)
    }
    try append(step, channelConvolution(weights, bias, count, activation), input)
  }
}
