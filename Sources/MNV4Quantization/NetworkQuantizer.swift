public import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph

/// Turns float32 networks into networks of 8-bit integers, after training.
///
///     let inputs = try CalibrationInputs(pictures: paths, for: model)
///     let quantized = try NetworkQuantizer(model).quantize(on: inputs)
///     try quantized.write(toFile: "network-int8.mnv4")
public struct NetworkQuantizer: Sendable {
  private let file: ModelFile
  private let options: QuantizationOptions
  private let progress: QuantizationProgress?

  /// How many of the inputs the errors of the layers are measured on.
  static let comparedInputCount = 8
  /// And their effects on the network's output.
  static let effectInputCount = 2

  public init(
    _ model: Model, options: QuantizationOptions = QuantizationOptions(),
    progress: QuantizationProgress? = nil
  ) {
    file = model.file
    self.options = options
    self.progress = progress
  }

  /// Quantizes the network on what its tensors hold for `inputs`, of which it takes one at a time, a
  /// few times over.
  ///
  /// - Throws: `unsupportedModel` where the network holds integers already, numbers that are not
  ///   finite, or what integers cannot compute; `invalidArgument` for a bad option or no inputs; what
  ///   making the inputs throws.
  public func quantize(on inputs: CalibrationInputs) throws(MNV4Error) -> QuantizedNetwork {
    guard inputs.count > 0 else {
      throw MNV4Error(.invalidArgument, "calibration inputs: expected at least 1, found 0")
    }
    let start = try prepare(on: inputs)
    return try finish(start, floatNodes: start.network.floatNodes, on: inputs)
  }

  // MARK: Stages

  /// What holds for every choice of layers that stay in float.
  struct Start {
    var network: PreparedNetwork
    var parameters: [ValueID: QuantizationParameters]
    var pairs: [Equalization.Pair]
  }

  func prepare(on inputs: CalibrationInputs) throws(MNV4Error) -> Start {
    do throws(QuantizationFailure) {
      var network = try PreparedNetwork(file.graph, floatLayers: options.floatLayers)
      var observation = try observe(network, on: inputs)
      var pairs: [Equalization.Pair] = []
      if options.equalizes {
        let result: Equalization.Result
        do {
          result = try Equalization().equalize(
            network.graph, maxima: observation.maxima(of: network))
        } catch { throw .allocation(error) }
        network.graph = result.graph
        pairs = result.pairs
        observation = try observe(network, on: inputs)
      }
      let parameters = try ActivationParameters(
        network: network, observers: observation.observers,
        calibrator: options.calibration.calibrator, inputRange: inputRange
      ).assign()
      return Start(
        network: network, parameters: parameters, pairs: pairs)
    } catch {
      throw error.publicError
    }
  }

  private func observe(
    _ network: PreparedNetwork, on inputs: CalibrationInputs
  ) throws(QuantizationFailure) -> Observation {
    progress?.begin("observing", inputs.count)
    let observation: Observation
    do throws(MNV4Error) {
      observation = try Observation.gather(
        network, on: inputs, options: options.session
      ) { progress?.advance() }
    } catch { throw .run(error) }
    for (value, observer) in observation.observers where observer.nonFiniteCount > 0 {
      let name = network.graph.nodes.first { $0.output == value }?.name ?? "input"
      throw .layer(
        name: name, reason: "expected finite numbers, found \(observer.nonFiniteCount) others")
    }
    return observation
  }

  /// From the darkest to the brightest sample of a picture, where the model says what it becomes.
  private var inputRange: ClosedRange<Float>? {
    guard let preprocessing = file.preprocessing else { return nil }
    var ends: [Float] = []
    for (mean, deviation) in zip(preprocessing.mean, preprocessing.standardDeviation) {
      ends += [(0 - mean) / deviation, (1 - mean) / deviation]
    }
    guard let low = ends.min(), let high = ends.max() else { return nil }
    return low...high
  }

  /// The network of integers with some nodes in float.
  func build(
    _ start: Start, floatNodes: Set<Int>, on inputs: CalibrationInputs
  ) throws(MNV4Error) -> IntegerGraphBuilder.Result {
    let network = start.network
    var initial = WeightQuantizer(
      granularity: options.weightScales == .perChannel ? .perChannel : .perTensor,
      range: .maximum, rounding: .nearest)
    var layers = LayerQuantization(
      graph: network.graph, quantizer: initial, parameters: start.parameters)
    var result: IntegerGraphBuilder.Result
    do throws(QuantizationFailure) {
      var quantized: [Int: QuantizedLayer] = [:]
      for index in network.layerIndices where !floatNodes.contains(index) {
        quantized[index] = try layers.quantize(index, addsBias: options.correctsBias)
      }
      result = try IntegerGraphBuilder.build(
        network.graph, parameters: start.parameters, layers: quantized, floatNodes: floatNodes)
    } catch {
      throw error.publicError
    }
    guard options.refinesLayers else { return result }
    if options.rounding == .secondOrder {
      initial.range = .leastError
      initial.rounding = .secondOrder(damping: 0.01)
      layers = LayerQuantization(
        graph: network.graph, quantizer: initial, parameters: start.parameters)
    }
    progress?.begin("fitting layers", network.layerIndices.count - floatNodes.count)
    try LayerRefinement(
      options: options, layers: layers,
      inputCount: min(
        LayerRefinement.inputCount(of: result.graph), inputs.count)
    ).refine(&result, on: inputs) { progress?.advance() }
    do throws(GraphError) { try result.graph.validate() } catch {
      throw QuantizationFailure.graph(error).publicError
    }
    return result
  }

  func finish(
    _ start: Start, floatNodes: Set<Int>, on inputs: CalibrationInputs
  ) throws(MNV4Error) -> QuantizedNetwork {
    let result = try build(start, floatNodes: floatNodes, on: inputs)
    let comparison = try Comparison(
      float: start.network.graph, integer: result, options: options.session)
    let count = min(inputs.count, Self.comparedInputCount)
    progress?.begin("comparing", count)
    for index in 0..<count {
      try comparison.add(inputs, index)
      progress?.advance()
    }
    let effectCount = min(inputs.count, Self.effectInputCount)
    progress?.begin("judging layers", effectCount * comparison.integerNodes.count)
    for index in 0..<effectCount {
      try comparison.addEffects(inputs, index) { progress?.advance() }
    }
    var quantized = file
    quantized.graph = result.graph
    quantized.provenance.entries.removeAll { $0.key == Provenance.Key.quantization.rawValue }
    quantized.provenance[.quantization] = options.summary(inputCount: inputs.count)
    let report = try ReportMaker(
      source: file, target: quantized, start: start, result: result, comparison: comparison,
      options: options, inputCount: inputs.count
    ).report()
    return QuantizedNetwork(file: quantized, report: report)
  }
}

/// Told what the quantizer is at; called from the thread that runs it.
public struct QuantizationProgress: Sendable {
  /// A stage of so many parts begins.
  public var begin: @Sendable (_ stage: String, _ total: Int) -> Void
  /// One more part is done.
  public var advance: @Sendable () -> Void

  public init(
    begin: @escaping @Sendable (_ stage: String, _ total: Int) -> Void,
    advance: @escaping @Sendable () -> Void
  ) {
    self.begin = begin
    self.advance = advance
  }
}

extension QuantizationOptions.Calibration {
  var calibrator: Calibrator {
    switch self {
    case .minmax: .minmax
    case .percentile(let percentage): .percentile(percentage)
    case .entropy: .entropy
    case .mse: .mse
    }
  }

  /// As the command's option takes it.
  var name: String {
    switch self {
    case .minmax: "minmax"
    case .percentile(let percentage): "percentile \(percentage)"
    case .entropy: "entropy"
    case .mse: "mse"
    }
  }
}

extension QuantizationOptions {
  fileprivate func summary(inputCount: Int) -> String {
    let settings = QuantizationReport.Method(self).settings.map { "\($0.name): \($0.value)" }
    return "\(inputCount) inputs; \(settings.joined(separator: "; "))"
  }
}
