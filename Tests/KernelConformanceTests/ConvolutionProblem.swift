import MNV4Core
import MNV4Graph

/// A seeded convolution with its exact answer.
struct ConvolutionProblem {
  enum Kind: CaseIterable {
    case pointwise, depthwise, dense, grouped
  }

  var batchCount: Int
  var height: Int
  var width: Int
  var inputChannels: Int
  var outputChannels: Int
  var convolution: Convolution

  /// A small one of the kind: any filter, stride and padding that are valid, and any channel count, or
  /// `channels` of the output, and of a pointwise or depthwise one's input.
  init(_ kind: Kind, channels: Int? = nil, random: inout SeededRandom) {
    batchCount = random.int(1...4) == 1 ? 2 : 1
    height = random.int(1...9)
    width = random.int(1...12)
    inputChannels = random.int(1...65)
    outputChannels = random.int(1...65)
    if let channels { (inputChannels, outputChannels) = (channels, channels) }
    var kernel = Extent.one
    var groups = 1
    switch kind {
    case .pointwise: break
    case .depthwise:
      kernel = Self.filter(&random, maximum: 7)
      inputChannels = max(inputChannels, 2)
      outputChannels = inputChannels
      groups = inputChannels
    case .dense:
      kernel = Self.filter(&random, maximum: 5)
      inputChannels = random.int(1...9)
      outputChannels = channels ?? random.int(1...20)
    case .grouped:
      kernel = Self.filter(&random, maximum: 3)
      groups = random.int(2...4)
      inputChannels = groups * random.int(1...5)
      outputChannels = groups * random.int(1...11)
    }
    var convolution = Convolution(
      weights: ConstantID(0), bias: random.int(1...4) == 1 ? nil : ConstantID(1), kernel: kernel,
      groups: groups, activation: Activation.allCases[random.int(0...7)],
      residual: Self.residual(&random, channels: outputChannels))
    if kind != .pointwise {
      convolution.stride = Extent(random.int(1...3), random.int(1...3))
      convolution.padding = Padding(
        top: random.int(0...kernel.height - 1), left: random.int(0...kernel.width - 1),
        bottom: random.int(0...kernel.height - 1), right: random.int(0...kernel.width - 1))
      height = max(height, kernel.height - convolution.padding.top - convolution.padding.bottom)
      width = max(width, kernel.width - convolution.padding.left - convolution.padding.right)
    }
    self.convolution = convolution
  }

  private static func residual(
    _ random: inout SeededRandom, channels: Int
  ) -> Convolution.Residual {
    switch random.int(1...6) {
    case 1, 2: .whole
    case 3: .channels(random.int(1...channels))
    default: .none
    }
  }

  private static func filter(_ random: inout SeededRandom, maximum: Int) -> Extent {
    let square = random.int(1...maximum)
    // Mostly the sizes with kernels of their own.
    switch random.int(1...4) {
    case 1: return Extent(random.int(1...maximum), random.int(1...maximum))
    case 2: return Extent(square, square)
    case 3: return Extent(3, 3)
    default: return Extent(min(5, maximum), min(5, maximum))
    }
  }

  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let inputShape = [batchCount, height, width, inputChannels]
    let input = random.floats(inputShape.reduce(1, *))
    let kernel = convolution.kernel
    let weightShape = [
      outputChannels, kernel.height, kernel.width, inputChannels / convolution.groups,
    ]
    let weights = random.floats(weightShape.reduce(1, *), in: -1...1)
    let bias = random.floats(outputChannels)
    var inputs = [(shape: inputShape, elements: input)]
    var residual: [Float]?
    if convolution.hasResidual {
      let shape = [
        batchCount,
        outputCount(
          height, kernel.height, convolution.stride.height,
          convolution.padding.top + convolution.padding.bottom),
        outputCount(
          width, kernel.width, convolution.stride.width,
          convolution.padding.left + convolution.padding.right),
        outputChannels,
      ]
      let elements = random.floats(shape.reduce(1, *))
      inputs.append((shape, elements))
      residual = elements
    }
    return try KernelProblem(
      .convolution(convolution), inputs: inputs,
      constants: [(weightShape, weights), ([outputChannels], bias)]
    ) { output in
      answer(
        output, input: input, weights: weights,
        bias: convolution.bias == nil ? nil : bias, residual: residual)
    }
  }

  private func isAdded(_ channel: Int) -> Bool {
    if case .channels(let count) = convolution.residual { channel < count } else { true }
  }

  private func outputCount(_ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    (input + padding - kernel) / stride + 1
  }

  /// The definition, in double precision.
  private func answer(
    _ output: Shape, input: [Float], weights: [Float], bias: [Float]?, residual: [Float]?
  ) -> [ExpectedElement] {
    let groupInputs = inputChannels / convolution.groups
    let groupOutputs = outputChannels / convolution.groups
    var expected: [ExpectedElement] = []
    for index in 0..<output.elementCount {
      let channel = index % outputChannels
      let pixel = index / outputChannels
      let x = pixel % output[2]
      let y = pixel / output[2] % output[1]
      let image = pixel / output[2] / output[1]
      var sum = ExactSum()
      for row in 0..<convolution.kernel.height {
        let inputY = y * convolution.stride.height - convolution.padding.top + row
        guard inputY >= 0, inputY < height else { continue }
        for column in 0..<convolution.kernel.width {
          let inputX = x * convolution.stride.width - convolution.padding.left + column
          guard inputX >= 0, inputX < width else { continue }
          let source =
            ((image * height + inputY) * width + inputX) * inputChannels
            + channel / groupOutputs * groupInputs
          let filter =
            ((channel * convolution.kernel.height + row) * convolution.kernel.width + column)
            * groupInputs
          for k in 0..<groupInputs {
            sum.add(Double(input[source + k]) * Double(weights[filter + k]))
          }
        }
      }
      if let bias { sum.add(Double(bias[channel])) }
      if let residual, isAdded(channel) { sum.add(Double(residual[index])) }
      expected.append(convolution.activation.expected(sum))
    }
    return expected
  }
}
