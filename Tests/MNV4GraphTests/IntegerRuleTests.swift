import MNV4Core
import MNV4Graph
import Testing

/// What integers may not be, one rule at a time.
@Suite("Rules of integers")
struct IntegerRuleTests {
  /// A convolution 3×3 of int8, 4 → 2 channels, with a bias.
  private func convolution(_ activation: Activation = .relu) throws -> Graph {
    Graph(
      name: "c", values: [try integers([1, 5, 5, 4]), try integers([1, 3, 3, 2])],
      constants: [try weights([2, 3, 3, 4]), try bias([1, -1])],
      nodes: [
        Node(
          name: "n",
          operation: .convolution(
            Convolution(
              weights: ConstantID(0), bias: ConstantID(1), kernel: Extent(3, 3),
              activation: activation)), inputs: [ValueID(0)], output: ValueID(1))
      ], inputs: [ValueID(0)], outputs: [ValueID(1)])
  }

  private func node(_ operation: Operation, _ inputs: [Value], _ output: Value) -> Graph {
    // Each operand is a slice of the input, which may have any integers.
    let count = inputs.count
    return Graph(
      name: "n", values: inputs + [output],
      nodes: (1..<max(count, 1)).map {
        Node(
          name: "convert\($0)", operation: .quantize, inputs: [ValueID(0)], output: ValueID($0))
      } + [
        Node(
          name: "n", operation: operation, inputs: (0..<count).map { ValueID($0) },
          output: ValueID(count))
      ], inputs: [ValueID(0)], outputs: [ValueID(count)])
  }

  private func expectRefusal(
    _ text: String, of graph: Graph, _ location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: GraphError.self, sourceLocation: location) {
      try graph.validate()
    }
    let description = error.map { "\($0)" } ?? ""
    #expect(
      description.contains("'n': \(text)"), "\(description)", sourceLocation: location)
  }

  private func expectRefusal(
    _ text: String, _ location: SourceLocation = #_sourceLocation,
    _ change: (inout Graph) throws -> Void
  ) throws {
    var graph = try convolution()
    try change(&graph)
    expectRefusal(text, of: graph, location)
  }

  @Test("sound layers pass, scales above 1 among them")
  func soundLayers() throws {
    try convolution().validate()
    for scale: Float in [1, 1.5, 100] {
      var graph = try convolution()
      graph.values[0] = try integers([1, 5, 5, 4], scale: scale)
      graph.values[1] = try integers([1, 3, 3, 2], scale: scale)
      try graph.validate()
    }
    var perChannel = try convolution()
    perChannel.constants[0] = try weights([2, 3, 3, 4], scales: [0.5, 3], axis: 0)
    perChannel.constants[1] = try bias([5, 6], scales: [0.25, 1.5], axis: 0)
    try perChannel.validate()
    var bytes = try convolution()
    bytes.values = [
      try integers([1, 5, 5, 4], zeroPoint: 255, type: .uint8),
      try integers([1, 3, 3, 2], zeroPoint: 3, type: .uint8),
    ]
    bytes.constants[0] = try weights([2, 3, 3, 4], zeroPoint: 7, type: .uint8)
    try bytes.validate()
    bytes.constants[0] = try weights([2, 3, 3, 4], scales: [1, 2], axis: 0)
    try bytes.validate()
  }

  @Test("sums that end in float32 have any finite scale")
  func floatOutputs() throws {
    for scale: Float in [1e-30, 1e30] {
      var graph = try convolution()
      graph.values[0] = try integers([1, 5, 5, 4], scale: scale)
      graph.values[1] = Value(shape: try Shape([1, 3, 3, 2]))
      graph.constants[0] = try weights([2, 3, 3, 4], scales: [1e6], axis: nil)
      try graph.validate()
      graph.constants[0] = try weights([2, 3, 3, 4], scales: [1e9], axis: nil)
      guard scale > 1 else { continue }
      expectRefusal("input scale · weight scale: expected a finite number, found inf", of: graph)
    }
  }

  @Test("weights")
  func weightRules() throws {
    try expectRefusal("weights: expected zero points of 0 for int8, found 1") {
      $0.constants[0] = try weights([2, 3, 3, 4], zeroPoint: 1)
    }
    try expectRefusal("weights: expected scales along axis 0 or one for all, found axis 3") {
      $0.constants[0] = try weights([2, 3, 3, 4], scales: [1, 1, 1, 1], axis: 3)
    }
    try expectRefusal("weights: expected scales along axis 0 or one for all, found none") {
      $0.constants[0].quantization = nil
    }
    try expectRefusal("weights") {
      $0.values[0] = try integers([1, 5, 5, 4], type: .uint8)
      $0.values[1] = try integers([1, 3, 3, 2], type: .uint8)
      $0.constants[0] = try weights([2, 3, 3, 4], scales: [1, 1], axis: 0, type: .uint8)
    }
    for type in [ElementType.uint8, .int16] {
      try expectRefusal("weights") {
        $0.constants[0] = try weights([2, 3, 3, 4], type: type)
      }
    }
  }

  @Test("biases")
  func biasRules() throws {
    try expectRefusal("bias") { $0.constants[1] = try bias([1, 2, 3]) }
    try expectRefusal("bias") { $0.constants[1] = try constant(2) }
    try expectRefusal("bias") {
      $0.constants[1] = try weights([2], filledWith: 0)
    }
    for scale: Float in [0.2, 0.2526, 0.3, 1e30, .leastNormalMagnitude] {
      try expectRefusal(
        "bias scale / weight scale: expected 0.5, the input's scale, found \(scale / 0.5)"
      ) {
        $0.constants[1] = try bias([1, 2], scales: [scale])
      }
    }
    try expectRefusal("bias scale") {
      $0.constants[1] = try bias([1, 2], scales: [0.25, 0.25], axis: 0)
    }
    var close = try convolution()
    close.constants[1] = try bias([1, 2], scales: [0.252])
    try close.validate()
  }

  @Test("sums that leave 32 bits", arguments: [Int32.max, .min, .max - 36 * 128 + 1])
  func sums(_ number: Int32) throws {
    try expectRefusal("weights and bias: expected sums of 32 bits, at most 2147483647, found") {
      $0.constants[1] = try bias([0, number])
    }
    var fits = try convolution()
    fits.constants[1] = try bias([0, .max - 36 * 128])
    try fits.validate()
    fits.values[0] = try integers([1, 5, 5, 4], zeroPoint: 127)
    expectRefusal("weights and bias: expected sums of 32 bits", of: fits)
  }

  @Test("scales of requantization")
  func requantization() throws {
    for scale: Float in [256, 1e30, .greatestFiniteMagnitude] {
      try expectRefusal("input scale · weight scale / output scale: expected a normal number") {
        $0.constants[0] = try weights([2, 3, 3, 4], scales: [1, scale], axis: 0)
        $0.values[0] = try integers([1, 5, 5, 4], scale: 1)
        $0.values[1] = try integers([1, 3, 3, 2], scale: 1)
      }
    }
    // Denormal, zero and infinite products.
    let smallest = Float.leastNormalMagnitude
    for (input, weight, output) in [
      (smallest, 0.5, 1), (smallest, smallest, 1), (1e30, 1e30, 1), (1, smallest, 2),
      (1, 1, .greatestFiniteMagnitude), (1e-30, 1e-30, smallest),
    ] as [(Float, Float, Float)] {
      try expectRefusal("input scale · weight scale / output scale: expected a normal number") {
        $0.constants[0] = try weights([2, 3, 3, 4], scales: [weight])
        $0.values[0] = try integers([1, 5, 5, 4], scale: input)
        $0.values[1] = try integers([1, 3, 3, 2], scale: output)
      }
    }
  }

  @Test("ends of layers", arguments: [Activation.hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu])
  func activations(_ activation: Activation) throws {
    expectRefusal(
      "activation: expected identity, ReLU or ReLU6 in an integer operation, "
        + "found \(activation.name)", of: try convolution(activation))
    let shape = [1, 2, 2, 3]
    for operation in [
      Operation.add(Add(activation: activation)), .multiply(Multiply(activation: activation)),
    ] {
      expectRefusal(
        "activation: ",
        of: node(
          operation, [try integers(shape), try integers(shape)], try integers(shape)))
    }
  }

  @Test("a residual within an integer convolution")
  func residual() throws {
    var graph = try convolution()
    graph.values = try (0..<3).map { _ in try integers([1, 5, 5, 4]) }
    graph.constants[0] = try weights([4, 1, 1, 4])
    graph.nodes = [
      Node(name: "act", operation: .activation(.relu), inputs: [ValueID(0)], output: ValueID(1)),
      Node(
        name: "n",
        operation: .convolution(
          Convolution(weights: ConstantID(0), bias: nil, kernel: .one, residual: .whole)),
        inputs: [ValueID(0), ValueID(1)], output: ValueID(2)),
    ]
    graph.outputs = [ValueID(2)]
    expectRefusal("residual: expected none in an integer convolution, found one", of: graph)
  }

  @Test("additions and products")
  func pairs() throws {
    let shape = [1, 2, 2, 3]
    func pair(_ first: Float, _ second: Float, _ output: Float, _ operation: Operation) throws
      -> Graph
    {
      node(
        operation, [try integers(shape, scale: first), try integers(shape, scale: second)],
        try integers(shape, scale: output))
    }
    for (first, second, output) in [
      (256, 1, 1), (1, 300, 1), (1e-4, 1e-4, 1), (1, 1, .leastNormalMagnitude),
      (.greatestFiniteMagnitude, 1, 1e-3), (1, 1, .greatestFiniteMagnitude),
    ] as [(Float, Float, Float)] {
      expectRefusal(
        "input scale / output scale: expected one of at least 2⁻¹⁰, all below 2⁸, found ",
        of: try pair(first, second, output, .add(Add())))
    }
    try pair(255, 1e-30, 1, .add(Add())).validate()
    try pair(0x1p-10, 0x1p-12, 1, .add(Add(channelCount: 2))).validate()
    for (first, second, output) in [
      (16, 16, 1), (1e30, 1e30, 1), (1e-30, 1e-30, 1), (1, 1, .greatestFiniteMagnitude),
    ] as [(Float, Float, Float)] {
      expectRefusal(
        "product of input scales / output scale: expected a normal number",
        of: try pair(first, second, output, .multiply(Multiply())))
    }
    expectRefusal(
      "element types: expected float32 throughout, or int8, or uint8, found int8, uint8 → int8",
      of: node(
        .add(Add()), [try integers(shape), try integers(shape, type: .uint8)],
        try integers(shape)))
  }

  @Test("pools, resizing and products of matrices")
  func others() throws {
    let image = try integers([1, 2, 2, 3], scale: 1024)
    expectRefusal(
      "input scale / (output scale · pixels): expected a normal number",
      of: node(.globalAveragePool, [image], try integers([1, 1, 1, 3], scale: 1)))
    expectRefusal(
      "input scale / output scale: expected a normal number",
      of: node(
        .resizeBilinear(ResizeBilinear(height: 3, width: 3)), [image],
        try integers([1, 3, 3, 3], scale: 1)))
    let rows = try integers([1, 2, 3], scale: 16)
    for scale: Float in [1, -1, .infinity, .nan, 1e38] {
      expectRefusal(
        "",
        of: node(
          .matrixProduct(MatrixProduct(transposesRight: true, scale: scale)), [rows, rows],
          try integers([1, 2, 2], scale: 1)))
    }
    expectRefusal(
      "element types: expected int8 inputs and an output of int8 or float32",
      of: node(
        .matrixProduct(MatrixProduct(transposesRight: true)),
        [try integers([1, 2, 3], type: .uint8), try integers([1, 2, 3], type: .uint8)],
        try integers([1, 2, 2], type: .uint8)))
  }

  @Test("types that an operation takes")
  func types() throws {
    let shape = [1, 2, 2, 3]
    let same = "element types: expected the input's element type, scale and zero point"
    for change in [
      try integers([1, 12], scale: 0.25), try integers([1, 12], zeroPoint: 1),
      try integers([1, 12], type: .uint8), try value(1, 12),
    ] {
      expectRefusal(
        same, of: node(.reshape(try Shape([1, 12])), [try integers(shape)], change))
    }
    expectRefusal(
      same,
      of: node(
        .pad(Padding(top: 1, left: 0, bottom: 0, right: 0)), [try integers(shape)],
        try integers([1, 3, 2, 3], scale: 0.25)))
    expectRefusal(
      "element types: expected float32 throughout, or int8, or uint8, found int8 → float32",
      of: node(.softmax, [try integers(shape)], try value(1, 2, 2, 3)))
    expectRefusal(
      "element types: expected an output of int8 or uint8, found int8 → float32",
      of: node(.quantize, [try integers(shape)], try value(1, 2, 2, 3)))
    expectRefusal(
      "element types: expected an input of int8 or uint8 and an output of float32",
      of: node(.dequantize, [try value(1, 2, 2, 3)], try value(1, 2, 2, 3)))
    try expectRefusal(
      "element types: expected an output of int8 or float32, found int8 → uint8"
    ) { $0.values[1] = try integers([1, 3, 3, 2], type: .uint8) }
  }
}
