import MNV4Core
import MNV4Graph

/// Integers, scales and zero points as networks have them, and as their worst enemy would choose them.
extension SeededRandom {
  mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }

  /// 2 to a power between the bounds, times something below 2.
  mutating func power(_ exponents: ClosedRange<Int>) -> Float {
    Float(
      sign: .plus, exponent: int(exponents), significand: Float.random(in: 1..<2, using: &self))
  }

  mutating func integerType() -> ElementType { bool() ? .int8 : .uint8 }

  /// An end of the range half of the time.
  mutating func form(_ type: ElementType, scale: Float) -> ElementForm {
    var form = ElementForm(type: type, scale: scale, zeroPoint: 0)
    form.zeroPoint =
      switch int(1...4) {
      case 1: form.range.lowerBound
      case 2: form.range.upperBound
      default: int(form.range)
      }
    return form
  }

  /// A form whose scale is anything that a network may state: mostly around 2⁻⁵, seldom extreme.
  mutating func form(_ type: ElementType) -> ElementForm {
    form(type, scale: oneIn(10) ? power(-100...40) : power(-10...0))
  }

  /// All integers alike, small numbers of steps, the two ends alone, one of them with few exceptions,
  /// or one integer throughout.
  mutating func bytes(_ count: Int, _ form: ElementForm) -> [UInt8] {
    let range = form.range
    let style = int(1...6)
    let constant = int(range)
    return (0..<count).map { _ in
      switch style {
      case 1: byte(bool() ? range.lowerBound : range.upperBound)
      case 2: byte(max(range.lowerBound, min(range.upperBound, form.zeroPoint + int(-9...9))))
      case 3 where constant & 3 == 0: byte(constant)
      case 4 where !oneIn(20): byte(constant & 1 == 0 ? range.lowerBound : range.upperBound)
      default: byte(int(range))
      }
    }
  }

  mutating func tensor(_ shape: [Int], _ form: ElementForm) -> ProblemTensor {
    ProblemTensor(shape: shape, form: form, bytes: bytes(shape.reduce(1, *), form))
  }

  /// Real numbers between bounds, some of them special.
  mutating func floatTensor(_ shape: [Int], magnitude: Float) -> ProblemTensor {
    let hasSpecial = oneIn(4)
    let special: [Float] = [
      .nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude,
    ]
    let floats = (0..<shape.reduce(1, *)).map { _ in
      hasSpecial && oneIn(10)
        ? special[int(0...special.count - 1)]
        : Float.random(in: -magnitude...magnitude, using: &self)
    }
    return ProblemTensor(shape: shape, form: .float, bytes: [UInt8](floats: floats))
  }

  /// What the scale of a requantization should be for sums of about `magnitude`: such that they fill
  /// the output's range, overflow it, vanish, or lie near the limit of 256.
  mutating func requantization(ofSums magnitude: Double) -> Float {
    let exponent = -Int(magnitude.exponent)
    return switch int(1...8) {
    case 1: Float.random(in: 128..<256, using: &self)
    case 2: power(exponent - 4...exponent)
    case 3: power(min(exponent + 10, 6)...min(exponent + 14, 7))
    default: power(exponent + 5...exponent + 8)
    }
  }

  /// ReLU and ReLU6 a quarter of the time each.
  mutating func clamp() -> Activation {
    switch int(1...4) {
    case 1: .relu
    case 2: .relu6
    default: .identity
    }
  }
}

/// Weights, bias and scales of an integer layer that reads one operand.
struct LayerOperands {
  let input: ElementForm
  /// `[outputs, depth]`, counted from their zero point.
  let weights: [Int]
  /// `[outputs]`.
  let bias: [Int]?
  let output: ElementForm
  let constants: [ProblemConstant]
  /// `[outputs]`: of the requantization.
  let scales: [Float]

  /// - Parameter weightShape: outputs first.
  init(weightShape: [Int], random: inout SeededRandom) {
    let outputs = weightShape[0]
    let count = weightShape.reduce(1, *)
    let depth = count / outputs
    let type = random.integerType()
    let input = random.form(
      type, scale: random.oneIn(10) ? random.power(-60...20) : random.power(-9...1))

    var weightForm = ElementForm(type: .int8, scale: 1, zeroPoint: 0)
    if type == .uint8 && random.bool() { weightForm = random.form(type, scale: 1) }
    let weightBytes = random.bytes(count, weightForm)
    let weights = weightBytes.indices.map { weightForm.steps(weightBytes, $0) }

    // The largest sum that 32 bits hold leaves so much for the bias of an output.
    let reach = max(
      input.range.upperBound - input.zeroPoint, input.zeroPoint - input.range.lowerBound)
    // Ordinary, anywhere up to 2³⁰, where float32 no longer holds every sum, or the largest.
    let biasStyle = random.int(1...8)
    let largestBias =
      biasStyle == 1 ? Int(Int32.max) : biasStyle < 4 ? 1 << random.int(20...30) : 20_000
    var bias: [Int]?
    if !random.oneIn(4) {
      bias = (0..<outputs).map { output in
        let sum = weights[output * depth..<(output + 1) * depth].reduce(0) { $0 + abs($1) } * reach
        let bound = min(Int(Int32.max) - sum, largestBias)
        if biasStyle == 1 { return random.bool() ? bound : -bound }
        return random.int(-bound...bound)
      }
    }

    let typicalSum = max(
      Double(depth).squareRoot() * 3_000 + 1, bias == nil ? 1 : Double(largestBias))
    let weightScale = random.power(-12 ... -4)
    let isPerChannel = weightForm.type == .int8 && random.bool()
    let spread = isPerChannel && random.oneIn(3) ? 12 : 1
    var weightScales = (0..<(isPerChannel ? outputs : 1)).map { _ in
      weightScale * random.power(-spread...spread)
    }
    let requantization = random.requantization(ofSums: typicalSum)
    var output = ElementForm.float
    if random.oneIn(5) {
      weightScales = weightScales.map { min($0, 200 / input.scale) }
    } else {
      let greatest = times(input.scale, weightScales.max() ?? 1)
      output = random.form(type, scale: divided(greatest, by: requantization))
    }
    self.input = input
    self.weights = weights
    self.bias = bias
    self.output = output
    constants =
      [
        ProblemConstant(
          shape: weightShape, type: weightForm.type, scales: weightScales,
          zeroPoint: weightForm.zeroPoint, bytes: weightBytes)
      ]
      + (bias.map { bias in
        [
          ProblemConstant(
            shape: [outputs], type: .int32,
            bytes: bias.flatMap { term in
              (0..<4).map { UInt8(truncatingIfNeeded: Int32(term) >> (8 * Int32($0))) }
            })
        ]
      } ?? [])
    scales = (0..<outputs).map {
      divided(times(input.scale, weightScales[isPerChannel ? $0 : 0]), by: output.divisor)
    }
  }

  var biasID: ConstantID? { bias == nil ? nil : ConstantID(1) }

  /// What an output becomes.
  func element(_ sum: Int, _ channel: Int, _ activation: Activation) -> [UInt8] {
    output.element(sum + (bias?[channel] ?? 0), scale: scales[channel], activation)
  }
}
