import MNV4Core

/// What weights and bias of an integer convolution or fully connected layer must be.
enum IntegerLayer {
  /// A stated scale of a bias may differ so much from the product that it stands for.
  private static let biasTolerance: Float = 0.01

  /// - Parameters:
  ///   - weights: `[outputs, …]` of the input's element type.
  ///   - bias: `[outputs]`.
  static func check(input: Value, weights: Constant, bias: Constant?) throws(GraphError.Rule) {
    guard let scales = weights.quantization, (scales.axis ?? 0) == 0 else {
      throw .field(
        "weights", expected: "scales along axis 0 or one for all",
        found: weights.quantization?.axis.map { "axis \($0)" } ?? "none")
    }
    guard input.quantization != nil else {
      throw .field("input", expected: "a scale", found: "none")
    }
    if weights.elementType == .int8, let zeroPoint = scales.zeroPoints.first(where: { $0 != 0 }) {
      throw .field("weights", expected: "zero points of 0 for int8", found: "\(zeroPoint)")
    }
    if weights.elementType == .uint8, let axis = scales.axis {
      throw .field("weights", expected: "one scale for all for uint8", found: "axis \(axis)")
    }
    if let bias { try check(bias, input: input, weights: scales) }
    try checkSums(input: input, weights: weights, scales: scales, bias: bias)
  }

  /// The scale of a bias is that of the sums, input scale · weight scale, whether stated or not.
  private static func check(
    _ bias: Constant, input: Value, weights: QuantizationParameters
  ) throws(GraphError.Rule) {
    guard bias.elementType == .int32 else {
      throw .field("bias", expected: "int32", found: "\(bias.elementType)")
    }
    guard let stated = bias.quantization else { return }
    for (index, scale) in stated.scales.enumerated() {
      let expected = input.scale * weights.scales[weights.axis == nil ? 0 : index]
      guard (scale - expected).magnitude <= biasTolerance * expected,
        stated.axis == weights.axis
      else {
        throw .field(
          "bias scale", expected: "\(expected), input scale · weight scale", found: "\(scale)")
      }
    }
  }

  /// That no sum of any input leaves 32 bits: for each output,
  /// `Σ |weight − zero point| · max |input − zero point| + |bias| < 2³¹`.
  private static func checkSums(
    input: Value, weights: Constant, scales: QuantizationParameters, bias: Constant?
  ) throws(GraphError.Rule) {
    guard let range = input.elementType.integerRange else { return }
    let largest = Int64(max(range.upperBound - input.zeroPoint, input.zeroPoint - range.lowerBound))
    let outputs = weights.shape[0]
    let depth = weights.shape.elementCount / outputs
    let zeroPoint = Int64(scales.zeroPoints[0])
    let biases = bias?.data.withElements(as: Int32.self) { $0.map { Int64($0.magnitude) } }
    // Weights that cannot reach the bound, whatever they are, are not read.
    let (deepest, overflow) = Int64(depth).multipliedReportingOverflow(
      by: largest * (weights.elementType == .int8 ? 128 : 255))
    if !overflow, deepest <= Int64(Int32.max) - (biases?.max() ?? 0) { return }
    let failed = weights.data.withElements(as: UInt8.self) { bytes -> (Int, Int64)? in
      for output in 0..<outputs {
        var sum = Int64(0)
        for byte in bytes[output * depth..<(output + 1) * depth] {
          let weight = weights.elementType == .int8 ? Int64(Int8(bitPattern: byte)) : Int64(byte)
          sum += abs(weight - zeroPoint)
        }
        let total = sum * largest + (biases?[output] ?? 0)
        if total > Int64(Int32.max) { return (output, total) }
      }
      return nil
    }
    if let (output, total) = failed {
      throw .field(
        "weights and bias", expected: "sums of 32 bits, at most \(Int32.max)",
        found: "\(total) for output \(output)")
    }
  }
}
