import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

@Suite struct KernelBackendTests {
  @Test func kernelNamesAreUnique() {
    let families = KernelBackend.swiftFamilies + KernelBackend.microkernelFamilies
    let names = families.flatMap(\.kernels).map(\.name)
    #expect(Set(names).count == names.count)
    let empty = families.filter(\.kernels.isEmpty)
    #expect(empty.count == 0)
  }

  /// The kernel that a layer gets, by what it is.
  @Test(arguments: [
    (1, 1, 16, 24, "f32_pointwise_swift_6x8"), (3, 16, 16, 16, "f32_depthwise_3x3_swift"),
    (5, 16, 16, 16, "f32_depthwise_5x5_swift"), (7, 16, 16, 16, "f32_depthwise_swift"),
    (3, 1, 16, 24, "f32_conv_indirect_swift_6x8"), (3, 2, 16, 24, "f32_conv_indirect_swift_6x8"),
  ])
  func choice(
    kernel: Int, groups: Int, inputChannels: Int, outputChannels: Int, name: String
  ) throws {
    let extent = Extent(kernel, kernel)
    let weightShape = [outputChannels, kernel, kernel, inputChannels / groups]
    let problem = try KernelProblem(
      .convolution(
        Convolution(
          weights: ConstantID(0), bias: nil, kernel: extent, padding: .symmetric(kernel: extent),
          groups: groups)),
      inputs: [([1, 14, 14, inputChannels], [])],
      constants: [
        (weightShape, [Float](repeating: 0, count: weightShape.reduce(1, *)))
      ]
    ) { _ in [] }
    guard case .runs(let chosen, _) = KernelBackend.swift.assess(problem.step) else {
      Issue.record("refused")
      return
    }
    #expect(chosen == name)
  }

  /// Of the instruction sets that the processor has, the first of the list is taken.
  @Test(arguments: ConvolutionProblem.Kind.allCases)
  func microkernelsAreTheFastest(kind: ConvolutionProblem.Kind) throws {
    var random = SeededRandom(5)
    let problems = [
      try ConvolutionProblem(kind, random: &random).problem(random: &random).step,
      try IntegerConvolutionProblem(kind, random: &random).problem(random: &random).step,
    ]
    for problem in problems {
      let supporting = KernelBackend.microkernelFamilies.compactMap { family in
        family.kernels.first { $0.supports(problem) }?.name
      }
      guard case .runs(let chosen, _) = KernelBackend.microkernels.assess(problem) else {
        Issue.record("refused")
        continue
      }
      #expect(supporting.contains(chosen), "\(chosen)")
    }
  }

  /// A kernel computes the element type that its name begins with: q8 is int8 and uint8.
  @Test(arguments: ConvolutionProblem.Kind.allCases)
  func namesTellTheElementType(kind: ConvolutionProblem.Kind) throws {
    var random = SeededRandom(3)
    let float = try ConvolutionProblem(kind, random: &random).problem(random: &random).step
    let integer = try IntegerConvolutionProblem(kind, random: &random)
      .problem(random: &random).step
    for (problem, prefixes) in [
      (float, ["f32_"]),
      (integer, [integer.inputs[0].elementType == .int8 ? "s8_" : "u8_", "q8_"]),
    ] {
      let names = kernelBackends.compactMap { backend in
        if case .runs(let kernel, _) = backend.assess(problem) { kernel } else { nil }
      }
      let others = names.filter { name in !prefixes.contains { name.hasPrefix($0) } }
      #expect(names.count >= 2)
      #expect(others == [])
    }
  }

  /// Packed weights serve several sessions at once, each with its own memory.
  @Test func sessionsShareWeights() throws {
    var random = SeededRandom(7)
    let problem = try ConvolutionProblem(.dense, random: &random).problem(random: &random)
    let packed = try KernelBackend.swift.pack([problem.step, problem.step])
    #expect(packed.sharedByteCount > 0)
    let inputs = try problem.inputs.map { try GuardedTensor($0) }
    let count = problem.step.output.shape.elementCount
    var outputs: [GuardedTensor] = []
    var steps: [any PreparedStep] = []
    for _ in 0..<2 {
      let pair = [try GuardedTensor(outputCount: count), try GuardedTensor(outputCount: count)]
      outputs += pair
      steps += try packed.prepare(
        pair.map {
          StepBinding(inputs: inputs.map { UnsafeRawPointer($0.pointer) }, output: $0.pointer)
        }, threadCount: 2)
    }
    withExtendedLifetime(inputs) {
      for step in steps { step.run() }
    }
    let distinct = Set(outputs.map(\.bits))
    #expect(distinct.count == 1)
    let misses = zip(outputs[0].elements, problem.expected).filter { !$1.accepts($0) }
    #expect(misses.count == 0)
  }
}
