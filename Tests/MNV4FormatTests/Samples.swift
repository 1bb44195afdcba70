import MNV4Core
import MNV4Format
import MNV4Graph

/// Models for tests.
enum Samples {
  /// A float32 network with every operation, every activation and every optional attribute.
  static func everyOperation(seed: UInt64 = 1) throws -> ModelFile {
    var maker = try GraphMaker(name: "every operation", input: [1, 9, 11, 3], seed: seed)
    let input = ValueID(0)
    let stem = try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([8, 3, 3, 3]), bias: maker.constant([8]), kernel: Extent(3, 3),
          stride: Extent(2, 2), padding: Padding(top: 1, left: 0, bottom: 2, right: 1),
          activation: .hardSwish)), input)
    let depthwise = try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([8, 3, 5, 1]), bias: nil, kernel: Extent(3, 5),
          padding: .symmetric(kernel: Extent(3, 5)), groups: 8, activation: .relu6,
          residual: .whole)), stem, stem)
    let normalized = try maker.add(
      .batchNormalization(
        BatchNormalization(
          scale: maker.constant([8]), shift: maker.constant([8]), mean: maker.constant([8]),
          variance: maker.constant([8]), epsilon: 1e-5)), depthwise)
    let scaled = try maker.add(
      .channelScale(ChannelScale(scale: maker.constant([8]))), normalized)
    let sum = try maker.add(.add(Add(channelCount: 5, activation: .relu)), scaled, stem)
    let all = try maker.add(.add(Add()), sum, stem)
    let pooled = try maker.add(.globalAveragePool, all)
    let excited = try maker.add(.multiply(Multiply(activation: .silu)), all, pooled)
    let window = try maker.add(
      .averagePool(
        AveragePool(
          kernel: Extent(3, 2), stride: Extent(1, 2),
          padding: Padding(top: 1, left: 0, bottom: 1, right: 1))), excited)
    let first = try maker.add(.slice(Slice(start: 0, count: 3)), window)
    let second = try maker.add(.slice(Slice(start: 3, count: 5)), window)
    let joined = try maker.add(.concatenation, second, first, second)
    var current = joined
    for activation in Activation.allCases {
      current = try maker.add(.activation(activation), current)
    }
    let rows = maker.shape.elementCount / 13
    let left = try maker.add(.reshape(try Shape([1, rows, 13])), current)
    let scores = try maker.add(
      .matrixProduct(MatrixProduct(transposesRight: true, scale: 0.25)), left, left)
    let weights = try maker.add(.softmax, scores)
    let attended = try maker.add(.matrixProduct(MatrixProduct()), weights, left)
    let logits = try maker.add(
      .fullyConnected(
        FullyConnected(
          weights: maker.constant([4, 13]), bias: maker.constant([4]), activation: .gelu)),
      attended)
    maker.graph.outputs = [logits, pooled]
    return ModelFile(graph: maker.graph)
  }

  /// An int8 network, and constants of every element type and granularity beside those it uses.
  static func everyElementType(seed: UInt64 = 2) throws -> ModelFile {
    var maker = try GraphMaker(name: "", input: [1, 4, 4, 3], type: .int8, seed: seed)
    try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([6, 3, 3, 3], .int8, scales: .axis(0, zeroPoints: false)),
          bias: maker.constant([6], .int32), kernel: Extent(3, 3), activation: .relu)), ValueID(0))
    for type in ElementType.allCases {
      for axis in [
        GraphMaker.QuantizationAxis.none, .tensor, .axis(0, zeroPoints: false),
        .axis(1, zeroPoints: false), .axis(2, zeroPoints: true),
      ] {
        if axis != .none && ![.int8, .uint8, .int16, .int32].contains(type) { continue }
        if type == .int32 && axis == .axis(2, zeroPoints: true) { continue }
        _ = try maker.constant([2, 3, 5], type, scales: axis, name: "\(type), \(axis)")
      }
    }
    return ModelFile(graph: maker.graph)
  }

  /// A network of integers, uint8 and int8, with every operation that takes them and those that
  /// lead from and to float32.
  static func everyIntegerOperation(seed: UInt64 = 4) throws -> ModelFile {
    var maker = try GraphMaker(name: "integers", input: [1, 6, 5, 4], type: .uint8, seed: seed)
    let bytes = try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([8, 3, 3, 2], .uint8, scales: .tensor),
          bias: maker.constant([8], .int32), kernel: Extent(3, 3),
          padding: .symmetric(kernel: Extent(3, 3)), groups: 2, activation: .relu6)), ValueID(0))
    let real = try maker.add(.dequantize, [bytes], type: .float32)
    let padded = try maker.add(.pad(Padding(top: 0, left: 1, bottom: 2, right: 3)), real)
    let resized = try maker.add(
      .resizeBilinear(
        ResizeBilinear(height: 7, width: 4, alignsCorners: false, usesHalfPixelCenters: true)),
      padded)
    let image = try maker.add(.quantize, [resized], type: .int8)
    let depthwise = try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([8, 3, 3, 1], .int8, scales: .axis(0, zeroPoints: false)),
          bias: nil, kernel: Extent(3, 3), padding: .symmetric(kernel: Extent(3, 3)), groups: 8,
          activation: .relu)), image)
    let sum = try maker.add(.add(Add(channelCount: 3)), depthwise, image)
    let swish = try maker.add(.activation(.hardSwish), sum)
    let pooled = try maker.add(.globalAveragePool, swish)
    let gate = try maker.add(.activation(.hardSigmoid), pooled)
    let excited = try maker.add(.multiply(Multiply()), swish, gate)
    let window = try maker.add(
      .averagePool(AveragePool(kernel: Extent(2, 2), stride: Extent(2, 2))), excited)
    let part = try maker.add(.slice(Slice(start: 2, count: 3)), window)
    let joined = try maker.add(.concatenation, window, part)
    let framed = try maker.add(.pad(Padding(top: 1, left: 0, bottom: 0, right: 0)), joined)
    let large = try maker.add(
      .resizeBilinear(
        ResizeBilinear(height: 4, width: 4, alignsCorners: true, usesHalfPixelCenters: false)),
      framed)
    let rows = try maker.add(.reshape(try Shape([1, 16, 11])), large)
    let scores = try maker.add(
      .matrixProduct(MatrixProduct(transposesRight: true, scale: 0.25)), [rows, rows],
      type: .float32)
    let shares = try maker.add(.softmax, [scores], type: .int8)
    let mixed = try maker.add(.matrixProduct(MatrixProduct()), shares, rows)
    let logits = try maker.add(
      .fullyConnected(
        FullyConnected(
          weights: maker.constant([4, 11], .int8, scales: .axis(0, zeroPoints: false)),
          bias: maker.constant([4], .int32))), [mixed], type: .float32)
    let classes = try maker.add(.softmax, mixed)
    maker.graph.outputs = [logits, classes]
    return ModelFile(graph: maker.graph)
  }

  /// A small classifier with all metadata.
  static func tiny(seed: UInt64 = 3) throws -> ModelFile {
    var maker = try GraphMaker(name: "tiny", input: [1, 4, 4, 3], seed: seed)
    try maker.add(
      .convolution(
        Convolution(
          weights: maker.constant([8, 3, 3, 3], name: "stem.weight"),
          bias: maker.constant([8], name: "stem.bias"), kernel: Extent(3, 3),
          stride: Extent(2, 2), padding: Padding(top: 0, left: 0, bottom: 1, right: 1),
          activation: .relu)), ValueID(0))
    try maker.add(.globalAveragePool, maker.last)
    try maker.add(.reshape(try Shape([1, 8])), maker.last)
    try maker.add(
      .fullyConnected(
        FullyConnected(weights: maker.constant([3, 8], name: "head.weight"), bias: nil)),
      maker.last)
    return ModelFile(
      graph: maker.graph,
      preprocessing: try ImagePreprocessing(
        resizeMode: .stretch, interpolation: .bicubic, cropFraction: 0.875, channelOrder: .bgr,
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225]),
      labels: ["tench", "", "Ægithalos 鳥"],
      provenance: Provenance([
        Provenance.Entry(key: "architecture", value: "tiny"),
        Provenance.Entry(key: "notes", value: "two\nlines\tand a tab"),
      ]))
  }

  /// A chain of random operations over random extents.
  static func random(seed: UInt64) throws -> ModelFile {
    var random = SplitMix64(seed: seed)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var maker = try GraphMaker(
      name: "graph \(seed)", input: [pick(1...2), pick(1...9), pick(1...9), pick(1...16)],
      seed: seed ^ 0xABCD)
    for _ in 0..<pick(0...12) {
      let shape = maker.shape
      let channels = shape.last
      let activation = Activation.allCases.randomElement(using: &random) ?? .relu
      switch pick(0...7) {
      case 0:
        let outputs = pick(1...16)
        try maker.add(
          .convolution(
            Convolution(
              weights: maker.constant([outputs, 1, 1, channels]), bias: nil, kernel: .one,
              stride: Extent(pick(1...3), pick(1...3)), activation: activation)), maker.last)
      case 1:
        let kernel = Extent(pick(1...5), pick(1...5))
        try maker.add(
          .convolution(
            Convolution(
              weights: maker.constant([channels, kernel.height, kernel.width, 1]),
              bias: maker.constant([channels]), kernel: kernel,
              padding: .same(
                inputHeight: shape[1], inputWidth: shape[2], kernel: kernel, stride: .one),
              groups: channels, activation: activation, residual: .whole)),
          maker.last, maker.last)
      case 2: try maker.add(.activation(activation), maker.last)
      case 3:
        try maker.add(
          .add(Add(channelCount: pick(1...channels), activation: activation)), maker.last,
          maker.last)
      case 4:
        let start = pick(0...channels - 1)
        try maker.add(
          .slice(Slice(start: start, count: pick(1...channels - start))), maker.last)
      case 5: try maker.add(.concatenation, maker.last, maker.last)
      case 6: try maker.add(.multiply(Multiply(activation: activation)), maker.last, maker.last)
      default:
        try maker.add(
          .channelScale(ChannelScale(scale: maker.constant([channels]))), maker.last)
      }
    }
    let classCount = maker.shape.last
    let hasLabels = Bool.random(using: &random)
    return ModelFile(
      graph: maker.graph, labels: hasLabels ? (0..<classCount).map { "class \($0)" } : [])
  }
}

/// Everything of two models, compared bit by bit.
func areEqual(_ left: ModelFile, _ right: ModelFile) -> Bool {
  let (a, b) = (left.graph, right.graph)
  return a.name == b.name && a.values == b.values && a.nodes == b.nodes && a.inputs == b.inputs
    && a.outputs == b.outputs && a.constants.count == b.constants.count
    && zip(a.constants, b.constants).allSatisfy { first, second in
      first.name == second.name && first.shape == second.shape
        && first.elementType == second.elementType && first.quantization == second.quantization
        && first.data.withElements(as: UInt8.self) { elements in
          second.data.withElements(as: UInt8.self) { $0.elementsEqual(elements) }
        }
    }
    && left.preprocessing == right.preprocessing && left.labels == right.labels
    && left.provenance == right.provenance
}

extension ModelFile {
  /// The bytes of the file that holds it.
  var encoded: [UInt8] {
    get throws {
      let buffer = try Encoder.encode(self)
      return withExtendedLifetime(buffer) { Array(buffer.unsafeBytes) }
    }
  }
}
