import MNV4Core

/// Which element types an operation takes and gives, and that its integers can be computed with:
/// scales within bounds, accumulators of 32 bits.
///
/// The shapes of the operands are those that the operation infers.
struct ElementTypes {
  typealias Failure = GraphError.Rule

  let inputs: [Value]
  let output: Value

  func check(_ operation: Operation) throws(Failure) {
    let isFloat = (inputs + [output]).allSatisfy { $0.elementType == .float32 }
    switch operation {
    case .convolution(let convolution):
      if isFloat { return }
      guard !convolution.hasResidual else {
        throw .field("residual", expected: "none in an integer convolution", found: "one")
      }
      try requireClamp(convolution.activation)
      try checkLayer()
    case .fullyConnected(let layer):
      if isFloat { return }
      try requireClamp(layer.activation)
      try checkLayer()
    case .batchNormalization, .channelScale:
      guard isFloat else { throw mismatch(expected: "float32 throughout") }
    case .activation, .slice, .concatenation:
      if !isFloat { try requireOneIntegerType() }
    case .add(let add):
      if isFloat { return }
      try requireOneIntegerType()
      try requireClamp(add.activation)
      try Self.requireRatio(
        IntegerAddition.largestRatio(inputs, output), "input scale / output scale")
    case .multiply(let multiply):
      if isFloat { return }
      try requireOneIntegerType()
      try requireClamp(multiply.activation)
      try Requantization.requireScale(
        Requantization.scale(inputs[0].scale, inputs[1].scale, output: output.scale),
        "product of input scales / output scale")
    case .globalAveragePool:
      if isFloat { return }
      try requireOneIntegerType()
      try checkPool(tapCount: inputs[0].shape[1] * inputs[0].shape[2])
    case .averagePool(let pool):
      if isFloat { return }
      try requireOneIntegerType()
      try checkPool(tapCount: pool.kernel.height * pool.kernel.width)
    case .resizeBilinear:
      if isFloat { return }
      try requireOneIntegerType()
      try Requantization.requireScale(inputs[0].scale / output.scale, "input scale / output scale")
    case .matrixProduct(let product): try check(product, isFloat: isFloat)
    case .softmax:
      // Probabilities as integers come from float32 scores or from integers of the same type.
      if isFloat || inputs[0].elementType == .float32 { return }
      try requireOneIntegerType()
    case .reshape, .pad:
      guard inputs[0].elementType == output.elementType,
        inputs[0].quantization == output.quantization
      else { throw mismatch(expected: "the input's element type, scale and zero point") }
    case .quantize:
      guard output.elementType != .float32 else {
        throw mismatch(expected: "an output of int8 or uint8")
      }
    case .dequantize:
      guard inputs[0].elementType != .float32, output.elementType == .float32 else {
        throw mismatch(expected: "an input of int8 or uint8 and an output of float32")
      }
    }
  }

  // MARK: Operations

  /// Weights and bias are for `IntegerLayers` to check.
  private func checkLayer() throws(Failure) {
    let type = inputs[0].elementType
    guard type != .float32, output.elementType == type || output.elementType == .float32 else {
      throw mismatch(
        expected: type == .float32 ? "float32 throughout" : "an output of \(type) or float32")
    }
  }

  private func check(_ product: MatrixProduct, isFloat: Bool) throws(Failure) {
    if isFloat { return }
    guard inputs.allSatisfy({ $0.elementType == .int8 }),
      [.int8, .float32].contains(output.elementType)
    else { throw mismatch(expected: "int8 inputs and an output of int8 or float32") }
    let scale = Requantization.scale(
      of: product, inputs: inputs, output: output)
    if output.elementType == .float32 {
      try Requantization.requireFinite(scale, "product of scales")
    } else if !(scale.magnitude < Requantization.limit) {
      throw .field(
        "product of scales / output scale", expected: "a magnitude below \(Requantization.limit)",
        found: "\(scale)")
    }
    // Each of the products is at most 255².
    guard inputs[0].shape[2] <= Int(Int32.max) / (255 * 255) else {
      throw .field(
        "inner extent", expected: "at most \(Int(Int32.max) / (255 * 255)) for 32-bit sums",
        found: "\(inputs[0].shape[2])")
    }
  }

  private func checkPool(tapCount: Int) throws(Failure) {
    guard tapCount <= Int(Int32.max) / 255 else {
      throw .field(
        "window", expected: "at most \(Int(Int32.max) / 255) pixels for 32-bit sums",
        found: "\(tapCount)")
    }
    try Requantization.requireScale(
      Requantization.scale(mean: tapCount, input: inputs[0].scale, output: output.scale),
      "input scale / (output scale · pixels)")
  }

  // MARK: Rules

  private func requireOneIntegerType() throws(Failure) {
    let type = output.elementType
    guard type != .float32, inputs.allSatisfy({ $0.elementType == type }) else {
      throw mismatch(expected: "float32 throughout, or int8, or uint8")
    }
  }

  private func mismatch(expected: String) -> Failure {
    let types = inputs.map(\.elementType.description).joined(separator: ", ")
    return .field(
      "element types", expected: expected, found: "\(types) → \(output.elementType)")
  }

  private func requireClamp(_ activation: Activation) throws(Failure) {
    guard activation.clampBounds != nil else {
      throw .field(
        "activation", expected: "identity, ReLU or ReLU6 in an integer operation",
        found: activation.name)
    }
  }

  private static func requireRatio(_ ratio: Float, _ field: String) throws(Failure) {
    guard IntegerAddition.ratios.contains(ratio) else {
      throw .field(
        field, expected: "one of at least 2⁻¹⁰, all below 2⁸", found: "\(ratio)")
    }
  }
}
