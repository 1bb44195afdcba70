import MNV4Core
import MNV4Graph

/// A seeded convolution of integers with its exact answer.
struct IntegerConvolutionProblem {
  private let input: [Int]
  private let outputChannels: Int
  private var convolution: Convolution

  /// A small one of the kind: any filter, stride and padding that are valid, now and then an image
  /// smaller than the filter, and any channel count, or `channels` of the output, and of a pointwise or
  /// depthwise one's input.
  init(_ kind: ConvolutionProblem.Kind, channels: Int? = nil, random: inout SeededRandom) {
    var height = random.int(1...6)
    var width = random.int(1...9)
    var inputChannels = random.int(1...65)
    var outputChannels = random.int(1...65)
    if let channels { (inputChannels, outputChannels) = (channels, channels) }
    var kernel = Extent.one
    var groups = 1
    switch kind {
    case .pointwise:
      if random.bool() { height = 1 }
    case .depthwise:
      kernel = Self.filter(&random, maximum: 7)
      inputChannels =
        channels.map { max($0, 2) }
        ?? (random.oneIn(3) ? random.int(2...65) : random.int(2...20))
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
    convolution = Convolution(
      weights: ConstantID(0), bias: nil, kernel: kernel, groups: groups,
      activation: random.clamp())
    if kind != .pointwise || random.oneIn(8) {
      convolution.stride = Extent(random.int(1...3), random.int(1...3))
      convolution.padding = Padding(
        top: random.int(0...kernel.height - 1), left: random.int(0...kernel.width - 1),
        bottom: random.int(0...kernel.height - 1), right: random.int(0...kernel.width - 1))
      height = max(height, kernel.height - convolution.padding.top - convolution.padding.bottom)
      width = max(width, kernel.width - convolution.padding.left - convolution.padding.right)
    }
    input = [random.oneIn(4) ? 2 : 1, height, width, inputChannels]
    self.outputChannels = outputChannels
  }

  /// A 3×3 one over rows of several tiles, of which neighbouring lines of the output share some.
  init(ofLongLines random: inout SeededRandom) {
    let kernel = Extent(3, 3)
    convolution = Convolution(
      weights: ConstantID(0), bias: nil, kernel: kernel,
      stride: Extent(random.int(1...3), random.int(1...2)),
      padding: Padding(
        top: random.int(0...2), left: random.int(0...2), bottom: random.int(0...2),
        right: random.int(0...2)), groups: 1, activation: random.clamp())
    input = [random.oneIn(4) ? 2 : 1, random.int(5...9), random.int(18...40), random.int(24...64)]
    outputChannels = random.int(1...10)
  }

  private static func filter(_ random: inout SeededRandom, maximum: Int) -> Extent {
    switch random.int(1...4) {
    case 1: Extent(random.int(1...maximum), random.int(1...maximum))
    case 2: Extent(min(5, maximum), min(5, maximum))
    default: Extent(3, 3)
    }
  }

  func problem(random: inout SeededRandom) throws -> IntegerProblem {
    let kernel = convolution.kernel
    let layer = LayerOperands(
      weightShape: [
        outputChannels, kernel.height, kernel.width, input[3] / convolution.groups,
      ], random: &random)
    let tensor = random.tensor(input, layer.input)
    var convolution = convolution
    convolution.bias = layer.biasID
    return try IntegerProblem(
      .convolution(convolution), inputs: [tensor], output: layer.output,
      constants: layer.constants
    ) { output in answer(output, tensor, layer) }
  }

  /// The definition: pixels outside the image are real zeros.
  private func answer(_ output: Shape, _ tensor: ProblemTensor, _ layer: LayerOperands) -> [UInt8] {
    let (height, width) = (input[1], input[2])
    let kernel = convolution.kernel
    let groupInputs = input[3] / convolution.groups
    let groupOutputs = outputChannels / convolution.groups
    let steps = tensor.bytes.indices.map { tensor.steps($0) }
    var bytes: [UInt8] = []
    for index in 0..<output.elementCount {
      let channel = index % outputChannels
      let pixel = index / outputChannels
      let x = pixel % output[2] * convolution.stride.width - convolution.padding.left
      let y = pixel / output[2] % output[1] * convolution.stride.height - convolution.padding.top
      let image = pixel / output[2] / output[1]
      var sum = 0
      for row in 0..<kernel.height where (0..<height).contains(y + row) {
        for column in 0..<kernel.width where (0..<width).contains(x + column) {
          let source =
            ((image * height + y + row) * width + x + column) * input[3]
            + channel / groupOutputs * groupInputs
          let filter =
            ((channel * kernel.height + row) * kernel.width + column) * groupInputs
          for k in 0..<groupInputs { sum += steps[source + k] * layer.weights[filter + k] }
        }
      }
      bytes += layer.element(sum, channel, convolution.activation)
    }
    return bytes
  }
}
