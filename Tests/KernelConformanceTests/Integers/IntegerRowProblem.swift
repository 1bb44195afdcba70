import MNV4Core
import MNV4Graph

/// A seeded operation along the last axis of integers with its exact answer.
enum IntegerRowProblem: CaseIterable {
  case slice, concatenation, reshape, softmax, softmaxOfFloats

  func problem(random: inout SeededRandom) throws -> IntegerProblem {
    let outer = [random.int(1...3), random.int(1...(random.oneIn(8) ? 12 : 5))]
    let rows = outer[0] * outer[1]
    let channels = random.int(1...65)
    let type = random.integerType()
    let input = random.tensor(outer + [channels], random.form(type))
    switch self {
    case .slice:
      let start = random.int(0...channels - 1)
      let count = random.int(1...channels - start)
      let output = other(input.form, &random)
      return try IntegerProblem(
        .slice(Slice(start: start, count: count)), inputs: [input], output: output
      ) { _ in
        (0..<rows * count).map { index in
          let (row, channel) = index.quotientAndRemainder(dividingBy: count)
          return output.converted(
            input.bytes, row * channels + start + channel, from: input.form)
        }
      }
    case .concatenation:
      let output = other(input.form, &random)
      let inputs =
        [input]
        + (0..<random.int(1...3)).map { _ in
          random.tensor(outer + [random.int(1...20)], other(input.form, &random))
        }
      return try IntegerProblem(.concatenation, inputs: inputs, output: output) { _ in
        (0..<rows).flatMap { row in
          inputs.flatMap { operand in
            (0..<operand.shape[2]).map {
              output.converted(operand.bytes, row * operand.shape[2] + $0, from: operand.form)
            }
          }
        }
      }
    case .reshape:
      return try IntegerProblem(
        .reshape(try Shape([channels, outer[1], outer[0]])), inputs: [input], output: input.form
      ) { _ in input.bytes }
    case .softmax, .softmaxOfFloats:
      let length = random.oneIn(4) ? random.int(1...200) : channels
      let operand =
        self == .softmax
        ? random.tensor(outer + [length], random.form(type, scale: random.power(-9...0)))
        : random.floatTensor(outer + [length], magnitude: random.power(-1...7))
      let output =
        random.bool()
        ? ElementForm(type: type, scale: 0x1p-8, zeroPoint: type == .int8 ? -128 : 0)
        : random.form(type, scale: random.power(-12...0))
      return try IntegerProblem(.softmax, inputs: [operand], output: output) { _ in
        (0..<rows).flatMap { row in
          rowSoftmax(
            (0..<length).map { operand.real(row * length + $0) }
          ).map { byte(output.quantized($0)) }
        }
      }
    }
  }

  /// The same form, or one of its type.
  private func other(_ form: ElementForm, _ random: inout SeededRandom) -> ElementForm {
    random.bool() ? form : random.form(form.type, scale: form.scale * random.power(-2...2))
  }
}
