import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// NaN, infinities, zeros of both signs, subnormals and the far ends of the functions.
@Suite struct SpecialValueTests {
  private static let extremes: [Float] = [
    .nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e38, -1e38, 6, 3,
    -3, 87, 88.5, -88.5, 104, -104, 1e-38,
  ]

  /// Sweeps each function densely, then by magnitude; NaN gives NaN, clamps included.
  @Test(arguments: Activation.allCases)
  func activationEverywhere(activation: Activation) throws {
    var elements = Self.extremes
    elements += (-3000...3000).map { Float($0) * 0.0041 }
    for exponent in -140...126 {
      let power = Float(sign: .plus, exponent: exponent, significand: 1.37)
      elements += [power, -power]
    }
    let problem = try KernelProblem(
      .activation(activation), inputs: [([elements.count], elements)]
    ) { _ in elements.map { activation.expected(Double($0)) } }
    try Conformance.check(problem, on: kernelBackends)
  }

  @Test(arguments: [Activation.relu, .relu6])
  func clampsKeepTheSignOfZero(activation: Activation) throws {
    let output = try #require(try run(.activation(activation), [-0.0, 0, -1], shape: [3]))
    #expect(output.map(\.bitPattern) == [Float(-0.0), 0, 0].map(\.bitPattern))
  }

  /// A NaN reaches the outputs that depend on it, through every activation, and no others.
  @Test(arguments: Activation.allCases, ConvolutionProblem.Kind.allCases)
  func nanStaysInItsWindow(activation: Activation, kind: ConvolutionProblem.Kind) throws {
    let channels = kind == .grouped ? 4 : 9
    let kernel = kind == .pointwise ? Extent.one : Extent(3, 3)
    let groups = kind == .depthwise ? channels : kind == .grouped ? 2 : 1
    let convolution = Convolution(
      weights: ConstantID(0), bias: nil, kernel: kernel, padding: .symmetric(kernel: kernel),
      groups: groups, activation: activation)
    var input = [Float](repeating: 0.5, count: 49 * channels)
    input[(3 * 7 + 3) * channels] = .nan
    let weightShape = [channels, kernel.height, kernel.width, channels / groups]
    let weights = [Float](repeating: 0.25, count: weightShape.reduce(1, *))
    let reach = kernel.height / 2
    let problem = try KernelProblem(
      .convolution(convolution), inputs: [([1, 7, 7, channels], input)],
      constants: [(weightShape, weights)]
    ) { output in
      (0..<output.elementCount).map { index in
        let (pixel, channel) = index.quotientAndRemainder(dividingBy: channels)
        let (y, x) = pixel.quotientAndRemainder(dividingBy: 7)
        let meets =
          abs(y - 3) <= reach && abs(x - 3) <= reach && channel < channels / groups
        return meets ? ExpectedElement(.nan) : ExpectedElement(0, tolerance: 100)
      }
    }
    try Conformance.check(problem, on: kernelBackends)
  }

  /// Bit for bit what `docs/quantization.md` says, also where no integer follows.
  @Test(arguments: 0..<100)
  func softmaxBits(seed: Int) throws {
    var random = SeededRandom(seed)
    let length = random.int(1...(seed % 10 == 0 ? 5_000 : 70))
    let rowCount = random.int(1...20)
    let input = random.floats(rowCount * length, in: -20...20)
    let expected = stride(from: 0, to: input.count, by: length).flatMap {
      rowSoftmax(Array(input[$0..<$0 + length]))
    }
    let kernels = KernelBackend.swiftFamilies + KernelBackend.microkernelFamilies
    var count = 0
    for kernel in kernels.flatMap(\.kernels) {
      let backend = KernelBackend(name: "kernel", kernels: [kernel])
      guard let output = try run(.softmax, input, shape: [rowCount, length], on: backend) else {
        continue
      }
      count += 1
      #expect(output.map(\.bitPattern) == expected.map(\.bitPattern), "\(kernel.name)")
    }
    #expect(count >= 2)
  }

  @Test func softmaxOfInfinitiesAndNaN() throws {
    let rows: [[Float]] = [
      [1, .nan, 2], [.infinity, 0, 1], [-.infinity, -.infinity, -.infinity],
      [-.infinity, 0, -.infinity], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0],
    ]
    for backend in kernelBackends {
      guard let output = try run(.softmax, rows.flatMap(\.self), shape: [5, 3], on: backend) else {
        continue
      }
      let numbers = output[0..<9].filter { !$0.isNaN }
      #expect(numbers.isEmpty)
      #expect(Array(output[9...]) == [0, 1, 0, 1, 0, 0])
    }
  }

  /// The output; nil where the backend does not run it.
  private func run(
    _ operation: Operation, _ input: [Float], shape: [Int],
    on backend: any Backend = KernelBackend.swift
  ) throws -> [Float]? {
    let problem = try KernelProblem(operation, inputs: [(shape, input)]) { _ in [] }
    guard case .runs = backend.assess(problem.step) else { return nil }
    let packed = try backend.pack([problem.step])
    let source = try GuardedTensor(input)
    let target = try GuardedTensor(outputCount: problem.step.output.shape.elementCount)
    let steps = try packed.prepare(
      [StepBinding(inputs: [UnsafeRawPointer(source.pointer)], output: target.pointer)],
      threadCount: 1)
    return withExtendedLifetime(source) {
      steps[0].run()
      return target.elements
    }
  }
}
