import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// Steps of valid graphs whose tensors have as many elements as there may be: every kernel says
/// whether it runs them. They are not run.
@Suite struct HugeShapeTests {
  @Test(
    arguments: HugeStep.all,
    [
      ElementForm.float, ElementForm(type: .int8, scale: 0.5, zeroPoint: -3),
      ElementForm(type: .uint8, scale: 0.5, zeroPoint: 7),
    ])
  func areAssessed(step: HugeStep, form: ElementForm) throws {
    guard form.isFloat || !step.isFloatOnly else { return }
    let problem = try step.problem(form)
    for backend in kernelBackends + conformanceBackends {
      guard case .runs(let kernel, let nanoseconds) = backend.assess(problem) else { continue }
      #expect(nanoseconds >= 0 && nanoseconds.isFinite, "\(kernel)")
      let memory = backend.memory(of: [problem])
      #expect((0...1 << 30).contains(memory.sharedByteCount), "\(kernel)")
      #expect((0...1 << 30).contains(memory.sessionByteCount), "\(kernel)")
      #expect((0...1 << 22).contains(memory.threadByteCount), "\(kernel)")
    }
    #expect(runs(problem, on: .swift))
  }

  /// The float32 kernels in C count rows and columns of windows to 2²⁰; rows of matrices without end.
  @Test(arguments: [1, 2])
  func floatExtents(groups: Int) throws {
    let most = 1 << 20
    for extent in [most, most + 1] {
      for step in [
        HugeStep.convolution([1, 1, extent, 2], [2, 1, 3, 2 / groups], groups: groups),
        .convolution([1, extent, 1, 2], [2, 3, 1, 2 / groups], groups: groups),
        .convolution([1, extent, 1, 2], [2, 1, 1, 2 / groups], stride: 2, groups: groups),
      ] {
        let problem = try step.problem(.float)
        #expect(runs(problem, on: .microkernels) == (extent == most), "\(step)")
      }
    }
    let pointwise = try HugeStep.convolution([1, 1, most + 1, 2], [2, 1, 1, 2]).problem(.float)
    #expect(runs(pointwise, on: .microkernels))
  }

  /// The integer kernels in C number an image's pixels with 31 bits.
  @Test func integerPixels() throws {
    let form = ElementForm(type: .int8, scale: 0.5, zeroPoint: 0)
    for (width, isRun) in [(1 << 15, false), (1 << 15 - 1, true)] {
      for kernel in [1, 3] {
        let step = HugeStep.convolution([1, 1 << 16, width, 1], [1, kernel, kernel, 1])
        let problem = try step.problem(form)
        #expect(runs(problem, on: .microkernels) == isRun, "\(step)")
      }
    }
    for (width, isRun) in [(1 << 30, false), (1 << 30 - 1, true)] {
      let step = HugeStep.convolution([1, 1, width, 2], [2, 1, 3, 1], groups: 2)
      let problem = try step.problem(form)
      let names = KernelBackend.microkernelFamilies.flatMap(\.kernels)
        .filter { $0.supports(problem) }.map(\.name)
      let isDepthwise = names.contains { $0.hasPrefix("q8_depthwise_") }
      #expect(isDepthwise == isRun, "\(names)")
    }
  }

  /// A product's packed right operands are held by each session.
  @Test(arguments: [ElementForm.float, ElementForm(type: .int8, scale: 0.5, zeroPoint: 0)])
  func packedOperands(form: ElementForm) throws {
    for (batchCount, isRun) in [(1 << 10, true), (1 << 23, false)] {
      let step = HugeStep(
        operation: .matrixProduct(MatrixProduct()), operandCount: 2, input: [batchCount, 1, 1])
      let problem = try step.problem(form)
      #expect(runs(problem, on: .microkernels) == isRun, "\(step)")
    }
  }

  private func runs(_ problem: StepProblem, on backend: KernelBackend) -> Bool {
    if case .runs = backend.assess(problem) { true } else { false }
  }
}

/// A step all of whose operands are the graph's one input.
struct HugeStep: Sendable, CustomStringConvertible {
  var operation: Operation
  var operandCount = 1
  var input: [Int]
  var weights: [Int]?
  var isFloatOnly = false

  static func convolution(
    _ input: [Int], _ weights: [Int], stride: Int = 1, groups: Int = 1,
    residual: Convolution.Residual = .none
  ) -> HugeStep {
    let kernel = Extent(weights[1], weights[2])
    let convolution = Convolution(
      weights: ConstantID(0), bias: nil, kernel: kernel, stride: Extent(stride, stride),
      padding: .symmetric(kernel: kernel), groups: groups, residual: residual)
    return HugeStep(
      operation: .convolution(convolution), operandCount: convolution.hasResidual ? 2 : 1,
      input: input, weights: weights, isFloatOnly: convolution.hasResidual)
  }

  static let all: [HugeStep] = {
    let most = Shape.maximumElementCount
    let layer = FullyConnected(weights: ConstantID(0), bias: nil)
    return [
      .convolution([1, most, 1, 1], [1, 1, 1, 1]),
      .convolution([1, 1, most, 1], [1, 1, 1, 1], stride: 2),
      .convolution([1, 1 << 16, most >> 16, 1], [1, 1, 1, 1]),
      .convolution([1, most, 1, 1], [1, 3, 1, 1]),
      .convolution([1, 1, most, 1], [1, 1, 3, 1]),
      .convolution([1, 1, most, 1], [1, 1, 3, 1], residual: .whole),
      .convolution([1, 1 << 16, most >> 16, 1], [1, 3, 3, 1]),
      .convolution([most, 1, 1, 1], [1, 3, 3, 1], stride: 2),
      .convolution([1, most >> 20, 1 << 16, 16], [16, 3, 3, 16], stride: 2),
      .convolution([most >> 12, 1, 16, 256], [1 << 8, 3, 3, 256], stride: 2),
      .convolution([1, 1, most / 2, 2], [2, 1, 3, 1], groups: 2),
      .convolution([1, most / 2, 1, 2], [2, 7, 7, 1], stride: 2, groups: 2),
      .convolution([most / 2, 1, 1, 2], [2, 3, 3, 1], groups: 2),
      .convolution([1, most / 8, 2, 4], [4, 3, 3, 2], groups: 2, residual: .channels(3)),
      .convolution([1, most / 8, 2, 4], [8, 1, 1, 2], stride: 2, groups: 2),
      HugeStep(operation: .fullyConnected(layer), input: [most, 1], weights: [1, 1]),
      HugeStep(operation: .fullyConnected(layer), input: [most / 4, 2], weights: [4, 2]),
      HugeStep(operation: .add(Add()), operandCount: 2, input: [most]),
      HugeStep(operation: .add(Add(channelCount: 1)), operandCount: 2, input: [1, most]),
      HugeStep(operation: .add(Add(channelCount: 1)), operandCount: 2, input: [most, 1]),
      HugeStep(operation: .multiply(Multiply()), operandCount: 2, input: [most, 1, 1, 1]),
      HugeStep(operation: .multiply(Multiply()), operandCount: 2, input: [1, 1, 1, most]),
      HugeStep(operation: .multiply(Multiply()), operandCount: 2, input: [1, 1, most, 1]),
      HugeStep(operation: .activation(.relu), input: [most]),
      HugeStep(operation: .activation(.silu), input: [most]),
      HugeStep(operation: .softmax, input: [1, most]),
      HugeStep(operation: .softmax, input: [most, 1]),
      HugeStep(operation: .slice(Slice(start: 1, count: 1)), input: [most / 2, 2]),
      HugeStep(operation: .slice(Slice(start: 1, count: most - 1)), input: [1, most]),
      HugeStep(operation: .concatenation, operandCount: 2, input: [most / 2, 1]),
      HugeStep(operation: .concatenation, operandCount: 2, input: [1, most / 2]),
      HugeStep(operation: .globalAveragePool, input: [most, 1, 1, 1]),
      HugeStep(operation: .globalAveragePool, input: [1, 1, 1, most]),
      HugeStep(operation: .globalAveragePool, input: [1, 1, most, 1], isFloatOnly: true),
    ]
  }()

  func problem(_ form: ElementForm) throws -> StepProblem {
    let input = try form.value(try Shape(input))
    let constant = try weights.map { shape in
      try ProblemConstant(
        shape: shape, type: form.type, scales: form.isFloat ? [] : [0.5],
        bytes: [UInt8](repeating: 0, count: shape.reduce(form.type.byteCount, *))
      ).constant()
    }
    let operands = [Value](repeating: input, count: operandCount)
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: operands, constants: [constant].compactMap(\.self))
    let node = Node(
      name: "huge", operation: operation,
      inputs: [ValueID](repeating: ValueID(0), count: operandCount), output: ValueID(1))
    let graph = Graph(
      name: "problem", values: [input, try form.value(shape)],
      constants: [constant].compactMap(\.self), nodes: [node], inputs: [ValueID(0)],
      outputs: [ValueID(1)])
    try graph.validate()
    return StepProblem(node: node, of: graph)
  }

  var description: String { "\(input) × \(weights ?? []) \(operation)" }
}
