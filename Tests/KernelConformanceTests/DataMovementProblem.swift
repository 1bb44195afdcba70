import MNV4Core
import MNV4Graph

/// A seeded slice, concatenation or reshape with its exact answer.
enum DataMovementProblem: CaseIterable {
  case slice, concatenation, reshape

  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let outer = [random.int(1...3), random.int(1...6)]
    let rows = outer[0] * outer[1]
    let channels = random.int(1...65)
    let input = random.floats(rows * channels)
    switch self {
    case .slice:
      let start = random.int(0...channels - 1)
      let count = random.int(1...channels - start)
      return try KernelProblem(
        .slice(Slice(start: start, count: count)), inputs: [(outer + [channels], input)]
      ) { _ in
        (0..<rows * count).map { index in
          let (row, channel) = index.quotientAndRemainder(dividingBy: count)
          return ExpectedElement(Double(input[row * channels + start + channel]))
        }
      }
    case .concatenation:
      var inputs = [(shape: outer + [channels], elements: input)]
      for _ in 0..<random.int(1...3) {
        let more = random.int(1...20)
        inputs.append((outer + [more], random.floats(rows * more)))
      }
      return try KernelProblem(.concatenation, inputs: inputs) { _ in
        (0..<rows).flatMap { row in
          inputs.flatMap { shape, elements in
            elements[row * shape[2]..<(row + 1) * shape[2]].map { ExpectedElement(Double($0)) }
          }
        }
      }
    case .reshape:
      return try KernelProblem(
        .reshape(try Shape([channels, outer[1], outer[0]])),
        inputs: [(outer + [channels], input)]
      ) { _ in input.map { ExpectedElement(Double($0)) } }
    }
  }
}
