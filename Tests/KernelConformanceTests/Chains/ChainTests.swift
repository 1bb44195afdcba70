import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// Chains give the bits of their operations as steps of their own.
@Suite struct ChainTests {
  #if DEBUG
    private static let problemCount = 16
  #else
    private static let problemCount = 300
  #endif

  /// What rows between layers may take: one row at a time, a few, most of them, all.
  private static let bufferByteCounts = [1, 3_000, 20_000, 1 << 19]

  @Test(arguments: ChainProblem.Kind.allCases, [ElementType.int8, .uint8, .float32])
  func giveTheBitsOfTheirSteps(kind: ChainProblem.Kind, type: ElementType) throws {
    var names: Set<String> = []
    for number in 0..<Self.problemCount {
      var random = SeededRandom(1000 * number + 7)
      let problem = try ChainProblem(kind, type, random: &random)
      let kernels = KernelBackend.microkernelChains(
        bufferByteCount: Self.bufferByteCounts[number % Self.bufferByteCounts.count])
      for kernel in kernels where kernel.supports(problem.step) {
        names.insert(kernel.name)
        try check(kernel, problem, threadCount: [1, 2, 3, 5][number / 4 % 4])
      }
    }
    let expected = KernelBackend.microkernelChains().map(\.name).filter {
      kind == .layerAndAddition
        ? type != .float32 && $0.hasPrefix("q8")
        : $0.hasPrefix("rows")
          || (kind == .expansion || kind == .invertedBottleneck) && type == .float32
            && $0.hasPrefix("channels")
    }
    #expect(names.isSuperset(of: expected), "\(names)")
  }

  /// Rows of an even number of pixels take fewer products, with more weights, on processors that add beside
  /// them; others do not.
  @Test(arguments: [12, 13], 0..<4)
  func largeLayersGiveTheBitsOfTheirSteps(width: Int, seed: Int) throws {
    for isZen in [false, true] {
      try Processor.$isZen.withValue(isZen) {
        try checkLargeLayers(width: width, seed: seed, fewerProducts: isZen && width % 2 == 0)
      }
    }
  }

  private func checkLargeLayers(width: Int, seed: Int, fewerProducts: Bool) throws {
    var random = SeededRandom(seed)
    let problem = try ChainProblem(largeWithWidth: width, random: &random)
    let weightByteCount = 2 * 96 * 128 * MemoryLayout<Float>.stride
    for kernel in KernelBackend.microkernelChains(
      bufferByteCount: Self.bufferByteCounts[seed]) where kernel.supports(problem.step)
    {
      let sharedByteCount = kernel.memory(problem.step).sharedByteCount
      #expect((sharedByteCount > 3 * weightByteCount / 2) == fewerProducts, "\(kernel.name)")
      try check(kernel, problem, threadCount: [1, 2, 3, 5][seed])
    }
  }

  /// Both strided layers take combinations of their input, with more weights: the first of the chain's
  /// input, the second of rows that a layer before it left.
  @Test(arguments: [24, 31, 43], 0..<4)
  func stridedLayersGiveTheBitsOfTheirSteps(height: Int, seed: Int) throws {
    var random = SeededRandom(seed)
    let problem = try ChainProblem(stridedWithHeight: height, random: &random)
    let weightByteCount = (24 * 64 + 64 * 96) * 25 * MemoryLayout<Float>.stride
    var count = 0
    for kernel in KernelBackend.microkernelChains(
      bufferByteCount: Self.bufferByteCounts[seed]) where kernel.supports(problem.step)
    {
      count += 1
      #expect(kernel.memory(problem.step).sharedByteCount > weightByteCount, "\(kernel.name)")
      try check(kernel, problem, threadCount: [1, 2, 3, 5][seed])
    }
    #expect(count > 0)
  }

  private func check(_ kernel: Kernel, _ problem: ChainProblem, threadCount: Int) throws {
    let expected = try run(problem.steps, problem, on: reference(for: kernel))
    // Even the smallest step is shared among the threads.
    let backend = KernelBackend(
      name: "chains", kernels: [], chainKernels: [kernel], minimumPartNanoseconds: 0)
    let memory = backend.memory(of: [problem.step])
    #expect(
      try backend.pack([problem.step]).sharedByteCount == memory.sharedByteCount,
      "\(kernel.name): \(problem)")
    #expect(memory.threadByteCount <= 1 << 22)
    let found = try run([problem.chain], problem, on: backend, threadCount: threadCount)
    #expect(found == expected, "\(kernel.name), \(threadCount) threads: \(problem)")
    guard let place = inPlaceInput(of: problem) else { return }
    let over = try run(
      [problem.chain], problem, on: backend, threadCount: threadCount, overInput: place)
    #expect(over == expected, "\(kernel.name), \(threadCount) threads, in place: \(problem)")
  }

  /// Kernels that make a sum in the same order and rounding: in float32 those for any processor do not
  /// fuse products and sums, and which layers take fewer products depends on what is fast.
  private func reference(for kernel: Kernel) -> KernelBackend {
    let kernels = KernelBackend.microkernelFamilies.flatMap(\.kernels)
    return switch kernel.name {
    case "rows_portable", "channels_portable":
      KernelBackend(
        name: "portable",
        kernels: kernels.filter { $0.name.hasSuffix("portable") || $0.name.hasPrefix("q8") })
    case "rows_avx2", "channels_avx2":
      KernelBackend(
        name: "avx2",
        kernels: kernels.filter { !$0.name.contains("avx512") || $0.name.hasPrefix("q8") })
    default: .microkernels
    }
  }

  /// An input whose memory a plan may give the output.
  private func inPlaceInput(of problem: ChainProblem) -> ValueID? {
    guard let place = problem.chain.inPlaceInput else { return nil }
    let input = problem.chain.inputs[place]
    return problem.chain.inputs.filter { $0 == input }.count == 1 ? input : nil
  }

  /// The elements of the last step's output.
  private func run(
    _ steps: [NodeChain], _ problem: ChainProblem, on backend: KernelBackend,
    threadCount: Int = 1, overInput place: ValueID? = nil
  ) throws -> [UInt8] {
    var memory = try problem.elements.mapValues { try GuardedBytes($0) }
    for step in steps {
      memory[step.output] =
        if let place { memory[place] } else {
          try GuardedBytes(outputCount: problem.graph[step.output].byteCount)
        }
    }
    let problems = steps.map { StepProblem($0, of: problem.graph) }
    let scratch = try problems.map {
      try GuardedBytes(outputCount: backend.scratchByteCount(of: $0))
    }
    let bindings = try steps.indices.map { index in
      let step = steps[index]
      return StepBinding(
        inputs: try step.inputs.map { UnsafeRawPointer(try #require(memory[$0]).pointer) },
        output: try #require(memory[step.output]).pointer, scratch: scratch[index].pointer)
    }
    let prepared = try backend.pack(problems).prepare(bindings, threadCount: threadCount)
    for step in prepared {
      step.run()
      if place == nil { step.run() }
    }
    for (id, bytes) in problem.elements where id != place {
      #expect(try #require(memory[id]).equals(bytes), "changed an input: \(problem)")
    }
    let output = try #require(memory[steps[steps.count - 1].output])
    #expect(output.isWhole, "wrote outside the output: \(problem)")
    for bytes in scratch { #expect(bytes.isWhole, "wrote outside the scratch memory: \(problem)") }
    return output.bytes
  }

  /// Whatever a chain's values are, no backend takes it for its first operation.
  @Test func backendsOfSingleOperationsRefuse() throws {
    var random = SeededRandom(5)
    let problem = try ChainProblem(.invertedBottleneck, .float32, random: &random).step
    #expect(problem.isChain)
    for backend in kernelBackends + conformanceBackends where backend.name != "microkernels" {
      guard case .refuses = backend.assess(problem) else {
        Issue.record("\(backend.name) runs it")
        continue
      }
    }
  }

  /// Chains whose rows do not fit into a thread's memory are left alone, however long or many they
  /// are.
  @Test(arguments: [ElementForm.float, ElementForm(type: .int8, scale: 0.5, zeroPoint: 3)])
  func hugeRowsAreRefused(form: ElementForm) throws {
    for (height, width, kernel, isRun) in [
      (3, 100, 3, true), (3, 1 << 21, 3, false), (3, 1 << 28, 3, false), (1000, 1, 63, true),
    ] {
      let problem = try HugeChain(height: height, width: width, kernel: kernel, form: form).problem
      // The backend itself also refuses small ones.
      for (backend, refusesSmall) in [
        (KernelBackend.microkernels, true),
        (
          KernelBackend(
            name: "rows", kernels: [], chainKernels: KernelBackend.microkernelChains()), false
        ),
      ] {
        if case .runs(_, let nanoseconds) = backend.assess(problem) {
          #expect(isRun && nanoseconds.isFinite && nanoseconds >= 0)
        } else {
          #expect(!isRun || refusesSmall)
        }
      }
    }
  }
}

/// Two depthwise filters over an image of two channels.
private struct HugeChain {
  let problem: StepProblem

  init(height: Int, width: Int, kernel: Int, form: ElementForm) throws {
    let value = try form.value(try Shape([1, height, width, 2]))
    let weights = try ProblemConstant(
      shape: [2, kernel, 3, 1], type: form.type, scales: form.isFloat ? [] : [0.5],
      bytes: [UInt8](repeating: 0, count: 6 * kernel * form.type.byteCount)
    ).constant()
    let size = Extent(kernel, 3)
    let convolution = Convolution(
      weights: ConstantID(0), bias: nil, kernel: size, padding: .symmetric(kernel: size),
      groups: 2)
    let nodes = (0..<2).map {
      Node(
        name: "n\($0)", operation: .convolution(convolution), inputs: [ValueID($0)],
        output: ValueID($0 + 1))
    }
    let graph = Graph(
      name: "huge", values: [value, value, value], constants: [weights], nodes: nodes,
      inputs: [ValueID(0)], outputs: [ValueID(2)])
    try graph.validate()
    problem = StepProblem(NodeChain(nodes), of: graph)
  }
}
