import MNV4Core

/// What weights, bias and scales of integer convolutions and fully connected layers must be.
///
/// Constants are read once however many nodes share them, so that the time of a check is linear in
/// the file.
struct IntegerLayers {
  /// A stated scale of a bias may differ so much from the product that it stands for.
  private static let biasTolerance: Float = 0.01
  /// Rows of so many weights have their sums kept: they take at most half of what the weights take.
  private static let keptDepth = 8

  private let constants: [Constant]
  private var facts: [LayerWeights: Facts] = [:]
  private var rowSums: [ConstantID: [Int32]] = [:]

  /// What weights and bias say whatever the input is.
  private struct Facts {
    var scales: ClosedRange<Float>
    /// Stated scales of the bias by scales of the weights.
    var biasRatios: ClosedRange<Float>?
    /// The largest |input − zero point| whose sums stay within 32 bits; −1 where none does.
    var magnitude: Int64
  }

  init(constants: [Constant]) {
    self.constants = constants
  }

  /// - Parameters:
  ///   - layer: of a node whose shapes are checked, with weights of a type that the input's takes.
  ///   - input: int8 or uint8.
  mutating func check(
    _ layer: LayerWeights, input: Value, output: Value
  ) throws(GraphError.Rule) {
    let facts = try facts(of: layer)
    if let ratios = facts.biasRatios {
      for ratio in [ratios.lowerBound, ratios.upperBound]
      where !((ratio - input.scale).magnitude <= Self.biasTolerance * input.scale) {
        throw .field(
          "bias scale / weight scale", expected: "\(input.scale), the input's scale",
          found: "\(ratio)")
      }
    }
    guard let range = input.elementType.integerRange else { return }
    let largest = Int64(max(range.upperBound - input.zeroPoint, input.zeroPoint - range.lowerBound))
    if largest > facts.magnitude { throw brokenSum(of: layer, largest: largest) }
    if output.elementType == .float32 {
      return try Requantization.requireFinite(
        input.scale * facts.scales.upperBound, "input scale · weight scale")
    }
    for scale in [facts.scales.lowerBound, facts.scales.upperBound] {
      try Requantization.requireScale(
        Requantization.scale(input.scale, scale, output: output.scale),
        "input scale · weight scale / output scale")
    }
  }

  private mutating func facts(of layer: LayerWeights) throws(GraphError.Rule) -> Facts {
    if let known = facts[layer] { return known }
    let weights = constants[layer.weights.index]
    guard let quantization = weights.quantization, (quantization.axis ?? 0) == 0,
      let least = quantization.scales.min(), let greatest = quantization.scales.max()
    else {
      throw .field(
        "weights", expected: "scales along axis 0 or one for all",
        found: weights.quantization?.axis.map { "axis \($0)" } ?? "none")
    }
    if weights.elementType == .int8,
      let zeroPoint = quantization.zeroPoints.first(where: { $0 != 0 })
    {
      throw .field("weights", expected: "zero points of 0 for int8", found: "\(zeroPoint)")
    }
    if weights.elementType == .uint8, let axis = quantization.axis {
      throw .field("weights", expected: "one scale for all for uint8", found: "axis \(axis)")
    }
    let bias = layer.bias.map { constants[$0.index] }
    let result = Facts(
      scales: least...greatest, biasRatios: try biasRatios(bias, weights: quantization),
      magnitude: largestMagnitude(layer))
    facts[layer] = result
    return result
  }

  /// The scale of a bias is that of the sums, input scale · weight scale, whether stated or not.
  private func biasRatios(
    _ bias: Constant?, weights: QuantizationParameters
  ) throws(GraphError.Rule) -> ClosedRange<Float>? {
    guard let stated = bias?.quantization else { return nil }
    guard stated.axis == weights.axis else {
      func axis(_ parameters: QuantizationParameters) -> String {
        parameters.axis.map { "along axis \($0)" } ?? "one for all"
      }
      throw .field("bias scales", expected: axis(weights), found: axis(stated))
    }
    let ratios = zip(stated.scales, weights.scales).map { $0 / $1 }
    guard let least = ratios.min(), let greatest = ratios.max() else { return nil }
    return least...greatest
  }

  // MARK: Sums

  /// The largest m for which, for each output, `Σ |weight − zero point| · m + |bias| < 2³¹`; at
  /// least 255 where every m of 8-bit inputs will do.
  private mutating func largestMagnitude(_ layer: LayerWeights) -> Int64 {
    let weights = constants[layer.weights.index]
    let outputs = weights.shape[0]
    let depth = weights.shape.elementCount / outputs
    let limit = Int64(Int32.max)
    let biases = biasMagnitudes(layer)
    let largestBias = biases?.max() ?? 0
    guard largestBias <= limit else { return -1 }
    // Weights that cannot reach the bound, whatever they are, are not read.
    if Int64(depth) <= (limit - largestBias) / (255 * 255) { return 255 }
    if depth >= Self.keptDepth && rowSums[layer.weights] == nil {
      rowSums[layer.weights] = Self.rowSums(of: weights).map { Int32(clamping: $0) }
    }
    let sums = rowSums[layer.weights]?.map { Int64($0) } ?? Self.rowSums(of: weights)
    var magnitude: Int64 = 255
    for (output, sum) in sums.enumerated() where sum > 0 {
      magnitude = min(magnitude, (limit - (biases?[output] ?? 0)) / sum)
    }
    return magnitude
  }

  private func biasMagnitudes(_ layer: LayerWeights) -> [Int64]? {
    layer.bias.map { bias in
      constants[bias.index].data.withElements(as: Int32.self) { $0.map { Int64($0.magnitude) } }
    }
  }

  /// `Σ |weight − zero point|` of each output.
  private static func rowSums(of weights: Constant) -> [Int64] {
    let outputs = weights.shape[0]
    let depth = weights.shape.elementCount / outputs
    let zeroPoint = weights.quantization?.zeroPoints.first ?? 0
    let isSigned = weights.elementType == .int8
    return weights.data.withElements(as: UInt8.self) { bytes in
      (0..<outputs).map { output in
        var sum = Int64(0)
        for byte in bytes[output * depth..<(output + 1) * depth] {
          let weight = isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
          sum += Int64(abs(weight - zeroPoint))
        }
        return sum
      }
    }
  }

  /// Names the first output whose sums may leave 32 bits.
  private func brokenSum(of layer: LayerWeights, largest: Int64) -> GraphError.Rule {
    let biases = biasMagnitudes(layer)
    let totals = Self.rowSums(of: constants[layer.weights.index]).enumerated().map {
      $1 * largest + (biases?[$0] ?? 0)
    }
    let output = totals.firstIndex { $0 > Int64(Int32.max) } ?? 0
    return .field(
      "weights and bias", expected: "sums of 32 bits, at most \(Int32.max)",
      found: "\(totals[output]) for output \(output)")
  }
}
