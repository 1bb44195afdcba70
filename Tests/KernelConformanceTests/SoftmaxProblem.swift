import MNV4Core
import MNV4Graph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A seeded softmax with its exact answer.
struct SoftmaxProblem {
  let shape: [Int]
  let scale: Float

  init(shape: [Int], scale: Float) {
    self.shape = shape
    self.scale = scale
  }

  init(random: inout SeededRandom) {
    // Up to more rows, and longer ones, than kernels take at a time.
    shape =
      random.int(1...16) == 1
      ? [1, 2, random.int(2_000...5_000)]
      : [random.int(1...3), random.int(1...12), random.int(1...130)]
    scale = [1, 10, 60][random.int(0...2)]
  }

  /// With x − m rounded, e^(x − m) is off by u·|x − m|, and by 4u for the function; the sum of n
  /// such terms by as much and γ(n); the quotient by u. Exponentials below the normal floats may
  /// be flushed, by a library whose cut-off lies up to a factor of two above them.
  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let length = shape[2]
    let input = random.floats(shape.reduce(1, *), in: -scale...scale)
    return try KernelProblem(.softmax, inputs: [(shape, input)]) { output in
      stride(from: 0, to: output.elementCount, by: length).flatMap { start in
        let row = input[start..<start + length].map(Double.init)
        let greatest = row.max() ?? 0
        let exponentials = row.map { exp($0 - greatest) }
        let sum = exponentials.reduce(0, +)
        let spread = zip(row, exponentials).reduce(0) { $0 + abs($1.0 - greatest) * $1.1 } / sum
        return zip(row, exponentials).map { x, exponential in
          let roundings = abs(x - greatest) + spread + Double(length) + 10
          let value = exponential / sum
          return ExpectedElement(
            value, tolerance: 1.01 * roundings * unitRoundoff * value + 0x1p-125)
        }
      }
    }
  }
}
