import MNV4Core
import MNV4Graph

/// A seeded elementwise operation on integers with its exact answer.
struct IntegerElementwiseProblem {
  enum Kind: CaseIterable {
    case add, partialAdd, multiply, multiplyBroadcast, activation, quantize, requantize, dequantize
  }

  let kind: Kind
  private let shape: [Int]

  init(_ kind: Kind, random: inout SeededRandom) {
    self.kind = kind
    // Partial additions have a mask of a row, up to a limit.
    let channels =
      switch random.int(1...8) {
      case 1 where kind == .partialAdd: random.int(66...300)
      case 2 where kind == .partialAdd: random.int(2047...2049)
      default: random.int(1...65)
      }
    switch random.int(1...4) {
    case 1 where kind != .multiplyBroadcast: shape = [channels]
    case 2 where kind != .multiplyBroadcast: shape = [random.int(1...9), channels]
    default: shape = [random.int(1...2), random.int(1...4), random.int(1...4), channels]
    }
  }

  private var channels: Int { shape[shape.count - 1] }
  private var count: Int { shape.reduce(1, *) }

  func problem(random: inout SeededRandom) throws -> IntegerProblem {
    switch kind {
    case .add, .partialAdd: try addition(&random)
    case .multiply, .multiplyBroadcast: try product(&random)
    case .activation: try activation(&random)
    case .quantize: try quantization(&random)
    case .requantize, .dequantize: try conversion(&random)
    }
  }

  private func addition(_ random: inout SeededRandom) throws -> IntegerProblem {
    let type = random.integerType()
    let first = random.tensor(shape, random.form(type, scale: random.power(-8 ... -2)))
    let second = random.tensor(shape, random.form(type, scale: random.power(-8 ... -2)))
    // The larger ratio is anything that is allowed, its ends included.
    let ratio =
      switch random.int(1...6) {
      case 1: random.power(-9...7)
      case 2: Float(0x1p-10)
      case 3: Float(255.9)
      default: random.power(-2...1)
      }
    // What nothing is added to stays as it is where the output has the first operand's form.
    let isFirstForm = kind == .partialAdd && random.int(1...3) == 1
    let output =
      isFirstForm
      ? first.form
      : random.form(type, scale: divided(max(first.form.scale, second.form.scale), by: ratio))
    let add = Add(
      channelCount: kind == .add ? nil : random.int(1...channels),
      activation: isFirstForm && random.int(1...2) == 1 ? .identity : random.clamp())
    return try IntegerProblem(.add(add), inputs: [first, second], output: output) { _ in
      let sum = AdditionRule(first.form, second.form, to: output, add.activation)
      return (0..<count).map { index in
        sum(
          first.steps(index),
          index % channels < add.channelCount ?? channels ? second.steps(index) : 0)
      }
    }
  }

  private func product(_ random: inout SeededRandom) throws -> IntegerProblem {
    let type = random.integerType()
    let first = random.tensor(shape, random.form(type))
    let second = random.tensor(
      kind == .multiply ? shape : [shape[0], 1, 1, channels], random.form(type))
    let scale = times(first.form.scale, second.form.scale)
    let output = random.form(
      type, scale: divided(scale, by: random.requantization(ofSums: 5_000)))
    let activation = random.clamp()
    return try IntegerProblem(
      .multiply(Multiply(activation: activation)), inputs: [first, second], output: output
    ) { _ in
      (0..<count).flatMap { index in
        let image = index / (count / shape[0])
        let other = kind == .multiply ? index : image * channels + index % channels
        return output.element(
          first.steps(index) * second.steps(other), scale: divided(scale, by: output.scale),
          activation)
      }
    }
  }

  private func activation(_ random: inout SeededRandom) throws -> IntegerProblem {
    let type = random.integerType()
    // Now and then real numbers beyond float32, of which some functions make NaN.
    let form =
      random.oneIn(8) ? random.form(type, scale: random.power(118...127)) : random.form(type)
    let input = random.tensor(shape, form)
    let output = random.oneIn(10) ? input.form : random.form(type)
    let function = Activation.allCases[random.int(0...7)]
    return try IntegerProblem(.activation(function), inputs: [input], output: output) { _ in
      (0..<count).map { byte(output.quantized(function.float32(input.real($0)))) }
    }
  }

  private func quantization(_ random: inout SeededRandom) throws -> IntegerProblem {
    let output = random.form(random.integerType())
    var input = random.floatTensor(shape, magnitude: output.scale * random.power(4...8))
    if random.oneIn(3) {
      input.bytes = [UInt8](
        floats: (0..<count).map { _ in random.halfway(between: output.scale) })
    }
    return try IntegerProblem(.quantize, inputs: [input], output: output) { _ in
      (0..<count).map { byte(output.quantized(input.real($0))) }
    }
  }

  private func conversion(_ random: inout SeededRandom) throws -> IntegerProblem {
    let input = random.tensor(shape, random.form(random.integerType()))
    guard kind == .requantize else {
      return try IntegerProblem(.dequantize, inputs: [input], output: .float) { _ in
        [UInt8](floats: (0..<count).map { input.real($0) })
      }
    }
    var output = random.form(random.integerType(), scale: input.form.scale)
    if !random.oneIn(4) { output.scale *= random.power(-2...2) }
    return try IntegerProblem(.quantize, inputs: [input], output: output) { _ in
      (0..<count).map { byte(output.quantized(input.real($0))) }
    }
  }
}

extension SeededRandom {
  /// A number at half an integer of steps, a few units in the last place up or down; seldom none at all.
  fileprivate mutating func halfway(between step: Float) -> Float {
    if oneIn(20) { return .nan }
    let middle = (Float(int(-300...300)) + 0.5) * step
    return Float(bitPattern: middle.bitPattern &+ UInt32(bitPattern: Int32(int(-3...3))))
  }
}
