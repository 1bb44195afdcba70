import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// Networks and inputs that quantization must survive.
@Suite struct HostileNetworkTests {
  /// Convolution, depthwise, addition, pooling, fully connected, with weights changed.
  private func network(
    activation: Activation = .relu, _ change: (_ name: Int, inout [Float]) -> Void
  ) throws -> Graph {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 6, 6, 3])
    let stem = try sketch.convolution(input, outputs: 8, kernel: 3, activation: activation)
    let filtered = try sketch.convolution(
      stem, outputs: 8, kernel: 3, groups: 8, activation: activation)
    let sum = try sketch.append(.add(Add()), filtered, stem)
    let gate = try sketch.append(
      .activation(.hardSigmoid), sketch.append(.globalAveragePool, sum))
    let excited = try sketch.append(.multiply(Multiply()), sum, gate)
    let pooled = try sketch.append(.globalAveragePool, excited)
    let flat = try sketch.append(.reshape(try Shape([1, 8])), pooled)
    let logits = try sketch.append(
      .fullyConnected(
        FullyConnected(weights: sketch.constant([5, 8]), bias: sketch.constant([5]))), flat)
    var graph = try sketch.finish(logits)
    for index in graph.constants.indices {
      let constant = graph.constants[index]
      var elements = constant.floats
      change(index, &elements)
      graph.constants[index] = try Constant(
        name: constant.name, shape: constant.shape, copying: elements)
    }
    return graph
  }

  private func expectSound(_ graph: Graph, _ options: QuantizationOptions = .quick) throws {
    let quantized = try quantize(graph, options)
    try quantized.file.graph.validate()
    _ = try quantized.file.reread()
    _ = try quantized.report.json()
    _ = quantized.report.html()
    _ = quantized.report.text()
    try expectOneOutput(quantized.model, threads: [1, 2])
  }

  private static let everyMethod: QuantizationOptions = {
    var options = QuantizationOptions.quick
    options.calibration = .mse
    options.rounding = .secondOrder
    options.equalizes = true
    options.correctsBias = true
    return options
  }()

  // Constants: 0 and 1 the stem's, 2 and 3 the depthwise one's, 4 and 5 the head's.
  private static let smallest = Float.leastNonzeroMagnitude

  #if DEBUG
    private static let factors: [Float] = [0, smallest, 1e-38, 1e15]
    private static let biases: [Float] = [1e6, 1e20, -1e6, -1e20]
  #else
    private static let factors: [Float] = [0, smallest, 1e-38, 1e-30, 1e-20, 1e-10, 1e10, 1e15]
    private static let biases: [Float] = [1e3, 1e6, 1e12, 1e20, -1e3, -1e6, -1e12, -1e20]
  #endif

  @Test(arguments: factors, [false, true])
  func weightsOfAnySize(_ factor: Float, _ everyMethod: Bool) throws {
    for constant in [0, 2, 4] {
      let graph = try network { index, elements in
        if index == constant { elements = elements.map { $0 * factor } }
      }
      try expectSound(graph, everyMethod ? Self.everyMethod : .quick)
    }
  }

  @Test(arguments: factors, [false, true])
  func someChannelsOfAnySize(_ factor: Float, _ everyMethod: Bool) throws {
    for constant in [0, 2, 4] {
      let graph = try network { index, elements in
        guard index == constant else { return }
        for position in 0..<elements.count / 3 { elements[position] *= factor }
      }
      try expectSound(graph, everyMethod ? Self.everyMethod : .quick)
    }
  }

  @Test(
    arguments: biases, [Activation.relu, .relu6])
  func biasesOfAnySize(_ bias: Float, _ activation: Activation) throws {
    for (constant, isWhole) in [(1, false), (1, true), (3, false), (3, true), (5, true)] {
      let graph = try network(activation: activation) { index, elements in
        guard index == constant else { return }
        for position in elements.indices where isWhole || position == 0 {
          elements[position] = bias
        }
      }
      try expectSound(graph)
    }
  }

  @Test func everythingZero() throws {
    try expectSound(try network { _, elements in elements = elements.map { _ in 0 } })
    try expectSound(
      try network { _, elements in elements = elements.map { _ in 0 } }, Self.everyMethod)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan]) func weightThatIsNoNumberIsRefused(
    _ number: Float
  ) throws {
    for constant in 0..<6 {
      let graph = try network(activation: .relu) { index, elements in
        if index == constant { elements[elements.count - 1] = number }
      }
      let error = try #require(throws: MNV4Error.self) { try quantize(graph) }
      #expect(error.code == .unsupportedModel)
      #expect("\(error)".contains("layer '"), "\(error)")
    }
  }

  /// The first layer whose sums overflow is the one that is named, at every run.
  @Test func overflowingLayerIsNamed() throws {
    let graph = try network(activation: .identity) { index, elements in
      if index == 2 { elements = elements.map { _ in .greatestFiniteMagnitude } }
    }
    for _ in 0..<5 {
      let error = try #require(throws: MNV4Error.self) { try quantize(graph) }
      #expect(error.code == .unsupportedModel)
      #expect("\(error)".contains("layer 'n1': expected finite numbers, found "), "\(error)")
    }
  }

  @Test(arguments: [Float.infinity, .nan]) func inputThatIsNoNumberIsRefused(
    _ number: Float
  ) throws {
    let model = Model(ModelFile(graph: try Family.mobileNetV1.graph()))
    let inputs = CalibrationInputs(count: 2) { index, elements in
      elements.update(repeating: 0.5)
      if index == 1 { elements[7] = number }
    }
    let error = try #require(throws: MNV4Error.self) {
      try NetworkQuantizer(model, options: .quick).quantize(on: inputs)
    }
    #expect("\(error)".contains("layer 'input': expected finite numbers, found 1 others"))
  }

  @Test(arguments: [Float(0), -3, smallest, 1e-38, 1e30]) func constantInputs(
    _ number: Float
  ) throws {
    let model = Model(ModelFile(graph: try Family.mobileNetV2.graph()))
    for calibration in [
      QuantizationOptions.Calibration.minmax, .percentile(99.9), .entropy, .mse,
    ] {
      var options = QuantizationOptions.quick
      options.calibration = calibration
      let quantized = try NetworkQuantizer(model, options: options).quantize(
        on: CalibrationInputs(count: 1) { _, elements in elements.update(repeating: number) })
      try quantized.file.graph.validate()
      #expect(quantized.report.warnings.contains { $0.contains("of one colour: input 0") })
    }
  }

  @Test func integersAreRefused() throws {
    let quantized = try quantize(Family.mobileNetV1.graph())
    let error = try #require(throws: MNV4Error.self) {
      try NetworkQuantizer(quantized.model, options: .quick).quantize(on: .seeded(count: 1))
    }
    #expect(error.code == .unsupportedModel)
    #expect("\(error)".contains("expected a float32 network, found integers in value 0"))
  }

  @Test func noInputsAreRefused() throws {
    let model = Model(ModelFile(graph: try Family.mobileNetV1.graph()))
    for count in [0, -1] {
      let error = try #require(throws: MNV4Error.self) {
        try NetworkQuantizer(model, options: .quick).quantize(on: .seeded(count: count))
      }
      #expect(error.code == .invalidArgument)
    }
    for drop in [-1.0, 101, .nan, .infinity, 1] {
      let error = try #require(throws: MNV4Error.self) {
        try NetworkQuantizer(model, options: .quick).quantize(
          on: .seeded(count: 1), maximumDrop: drop)
      }
      #expect("\(error)".contains("maximum drop: expected 0 to 100 points"))
    }
  }

  /// Errors of the inputs come out as they are.
  @Test func inputThatCannotBeMadeIsReported() throws {
    let model = Model(ModelFile(graph: try Family.mobileNetV1.graph()))
    let inputs = CalibrationInputs(count: 3) { index, elements throws(MNV4Error) in
      guard index < 2 else { throw MNV4Error(.unreadableFile, file: "c.jpg", "gone") }
      elements.update(repeating: 0)
    }
    let error = try #require(throws: MNV4Error.self) {
      try NetworkQuantizer(model, options: .quick).quantize(on: inputs)
    }
    #expect(error.code == .unreadableFile && "\(error)".contains("c.jpg"))
  }

  @Test(arguments: [BackendChoice.swift, .automatic]) func badThreadsAreRefused(
    _ backend: BackendChoice
  ) throws {
    var options = QuantizationOptions.quick
    options.session = SessionOptions(threads: 0, backend: backend)
    let error = try #require(throws: MNV4Error.self) {
      try quantize(Family.mobileNetV1.graph(), options)
    }
    #expect(error.code == .invalidArgument)
  }
}
