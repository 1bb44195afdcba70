import MNV4Core
import MNV4Graph

/// A seeded elementwise operation with its exact answer.
struct ElementwiseProblem {
  enum Kind: CaseIterable {
    case activation, add, partialAdd, multiply, multiplyBroadcast, channelScale
    case batchNormalization
  }

  let kind: Kind
  let shape: [Int]
  let activation: Activation

  init(_ kind: Kind, random: inout SeededRandom) {
    self.kind = kind
    let channels = random.int(1...65)
    switch random.int(1...4) {
    case 1 where kind != .multiplyBroadcast: shape = [channels]
    case 2 where kind != .multiplyBroadcast: shape = [random.int(1...9), channels]
    default: shape = [random.int(1...2), random.int(1...7), random.int(1...7), channels]
    }
    activation = Activation.allCases[random.int(0...7)]
  }

  private var channels: Int { shape[shape.count - 1] }
  private var count: Int { shape.reduce(1, *) }

  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let first = random.floats(count, in: -8...8)
    switch kind {
    case .activation:
      return try KernelProblem(.activation(activation), inputs: [(shape, first)]) { _ in
        first.map { activation.expected(Double($0)) }
      }
    case .add, .partialAdd:
      let added = kind == .add ? nil : random.int(1...channels)
      let second = random.floats(count, in: -8...8)
      return try KernelProblem(
        .add(Add(channelCount: added, activation: activation)),
        inputs: [(shape, first), (shape, second)]
      ) { _ in
        first.indices.map { index in
          var sum = ExactSum()
          sum.add(Double(first[index]))
          guard index % channels < added ?? channels else {
            return activation.expected(sum.value)
          }
          sum.add(Double(second[index]))
          return activation.expected(sum)
        }
      }
    case .multiply, .multiplyBroadcast:
      let isBroadcast = kind == .multiplyBroadcast
      let factorShape = isBroadcast ? [shape[0], 1, 1, channels] : shape
      let factors = random.floats(factorShape.reduce(1, *), in: -8...8)
      return try KernelProblem(
        .multiply(Multiply(activation: activation)),
        inputs: [(shape, first), (factorShape, factors)]
      ) { _ in
        first.indices.map { index in
          let image = index / (count / shape[0])
          let factor = factors[isBroadcast ? image * channels + index % channels : index]
          var sum = ExactSum()
          sum.add(Double(first[index]) * Double(factor))
          return activation.expected(sum)
        }
      }
    case .channelScale:
      let scale = random.floats(channels)
      return try KernelProblem(
        .channelScale(ChannelScale(scale: ConstantID(0))), inputs: [(shape, first)],
        constants: [([channels], scale)]
      ) { _ in
        first.indices.map { index in
          var sum = ExactSum()
          sum.add(Double(first[index]) * Double(scale[index % channels]))
          return Activation.identity.expected(sum)
        }
      }
    case .batchNormalization: return try normalization(first, random: &random)
    }
  }

  /// As a sum of three terms: scaled input, scaled mean, shift. A term passes at most five roundings
  /// (epsilon added, root, quotient, product, sum), which the bound of a sum of three counts.
  private func normalization(
    _ first: [Float], random: inout SeededRandom
  ) throws -> KernelProblem {
    let scale = random.floats(channels)
    let shift = random.floats(channels)
    let mean = random.floats(channels)
    let variance = random.floats(channels, in: 0.001...4)
    let epsilon: Float = 1e-3
    let operation = BatchNormalization(
      scale: ConstantID(0), shift: ConstantID(1), mean: ConstantID(2), variance: ConstantID(3),
      epsilon: epsilon)
    return try KernelProblem(
      .batchNormalization(operation), inputs: [(shape, first)],
      constants: [scale, shift, mean, variance].map { ([channels], $0) }
    ) { _ in
      first.indices.map { index in
        let channel = index % channels
        let factor =
          Double(scale[channel])
          / (Double(variance[channel]) + Double(epsilon)).squareRoot()
        var sum = ExactSum()
        sum.add(Double(first[index]) * factor)
        sum.add(-Double(mean[channel]) * factor)
        sum.add(Double(shift[channel]))
        return Activation.identity.expected(sum)
      }
    }
  }
}
