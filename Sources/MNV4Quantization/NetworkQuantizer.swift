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
  let file: ModelFile
  let options: QuantizationOptions
  let progress: QuantizationProgress?

  /// How many of the inputs the errors of the layers are measured on.
  static let comparedInputCount = 8
  /// And their effects on the network's output, for each of which the network runs again: on fewer
  /// inputs where there are many nodes.
  private static func effectInputCount(nodeCount: Int) -> Int { nodeCount > 150 ? 1 : 2 }

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
  /// - Parameters:
  ///   - test: labelled pictures, for the report's accuracy.
  ///   - maximumDrop: with `test`, how many percentage points of accuracy may be lost at most; layers
  ///     that lose more stay in float32, as few as can be found.
  /// - Throws: `unsupportedModel` where the network holds integers already, numbers that are not
  ///   finite, or what integers cannot compute; `invalidArgument` for a bad option or no inputs; what
  ///   making the inputs throws.
  public func quantize(
    on inputs: CalibrationInputs, testing test: AccuracyTest? = nil, maximumDrop: Double? = nil
  ) throws(MNV4Error) -> QuantizedNetwork {
    guard inputs.count > 0 else {
      throw MNV4Error(.invalidArgument, "calibration inputs: expected at least 1, found 0")
    }
    if let maximumDrop, !(0...100).contains(maximumDrop) || test == nil {
      throw MNV4Error(
        .invalidArgument,
        "maximum drop: expected 0 to 100 points and labelled pictures, found \(maximumDrop)")
    }
    if let outputs = file.graph.outputs.first {
      try test?.check(classCount: file.graph[outputs].shape.last)
    }
    // First, as a picture that cannot be read ends it all.
    let floatClasses = try test.map { (test) throws(MNV4Error) in
      try classes(by: Model(file), test, "classifying, float")
    }
    let start = try prepare(on: inputs)
    var floatNodes = start.network.floatNodes
    var attempt = try compare(start, floatNodes: floatNodes, on: inputs)
    guard let test, let floatClasses else {
      return try finish(start, attempt, on: inputs, judgement: nil)
    }
    var judgement = Judgement(test: test, floatClasses: floatClasses)
    judgement.integerClasses = try classes(by: attempt.model, test, "classifying, int8")
    if let maximumDrop {
      let kept = try search(
        start, first: attempt, judgement, maximumDrop: maximumDrop, on: inputs)
      if !kept.isEmpty {
        floatNodes.formUnion(start.network.nodes(ofLayers: kept))
        attempt = try compare(start, floatNodes: floatNodes, on: inputs)
        judgement.integerClasses = try classes(by: attempt.model, test, "classifying, int8")
        judgement.kept = kept
        attempt.file.provenance[.quantization] = options.summary(
          inputCount: inputs.count, keptLayers: kept.map { start.network.graph.nodes[$0].name })
      }
    }
    var quantized = try finish(start, attempt, on: inputs, judgement: judgement)
    if let maximumDrop, !judgement.isWithin(maximumDrop, judgement.accuracy.integerCorrect) {
      quantized.report.warnings.append(
        "accuracy is not within \(maximumDrop) points: with every layer in float, what lies between "
          + "them costs more")
    }
    return quantized
  }

  /// `model` in int8, calibrated on one seeded input: ranges of noise mean nothing, but times do not depend
  /// on them.
  package static func modelForTiming(_ model: Model) throws(MNV4Error) -> Model {
    var options = QuantizationOptions()
    options.calibration = .minmax
    return try NetworkQuantizer(model, options: options).integerModel(on: .seeded(count: 1))
  }

  /// The network of integers alone: nothing is compared, timed or judged.
  package func integerModel(on inputs: CalibrationInputs) throws(MNV4Error) -> Model {
    let start = try prepare(on: inputs)
    let result = try build(start, floatNodes: start.network.floatNodes, on: inputs)
    return Model(file(of: result.graph, on: inputs))
  }

  // MARK: Stages

  /// What holds for every choice of layers that stay in float.
  struct Start {
    var network: PreparedNetwork
    var parameters: [ValueID: QuantizationParameters]
    var pairs: [Equalization.Pair]
    /// How many layers' weights have been 8-bit integers before, equalized or not.
    var layersOnGrid: Int
    var inputWarnings: [String]
    /// What each value holds on the inputs.
    var ranges: [ValueID: ClosedRange<Float>]
  }

  func prepare(on inputs: CalibrationInputs) throws(MNV4Error) -> Start {
    do throws(QuantizationFailure) {
      var network = try PreparedNetwork(file.graph, floatLayers: options.floatLayers)
      let layersOnGrid = GridDetection.layersOnGrid(network).count
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
        network: network, parameters: parameters, pairs: pairs, layersOnGrid: layersOnGrid,
        inputWarnings: observation.inputWarnings,
        ranges: observation.observers.mapValues(\.range))
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
    // In the order of the network: the first layer that overflows, not one that it spoils.
    let places =
      network.graph.inputs.map { ("input", $0) } + network.graph.nodes.map { ($0.name, $0.output) }
    for (name, value) in places {
      guard let count = observation.observers[value]?.nonFiniteCount, count > 0 else { continue }
      throw .layer(name: name, reason: "expected finite numbers, found \(count) others")
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
    progress?.begin("fitting layers", network.layerIndices.count { !floatNodes.contains($0) })
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

  /// A network of integers with what was measured of it.
  struct Attempt {
    var result: IntegerGraphBuilder.Result
    var file: ModelFile
    var comparison: Comparison

    var model: Model { Model(file) }
  }

  func file(of graph: Graph, on inputs: CalibrationInputs) -> ModelFile {
    var quantized = file
    quantized.graph = graph
    quantized.provenance[.quantization] = options.summary(inputCount: inputs.count)
    return quantized
  }

  private func compare(
    _ start: Start, floatNodes: Set<Int>, on inputs: CalibrationInputs
  ) throws(MNV4Error) -> Attempt {
    let result = try build(start, floatNodes: floatNodes, on: inputs)
    let comparison = try Comparison(
      float: start.network.graph, integer: result, options: options.session)
    let count = min(inputs.count, Self.comparedInputCount)
    progress?.begin("comparing", count)
    for index in 0..<count {
      try comparison.add(inputs, index)
      progress?.advance()
    }
    let effectCount = min(
      inputs.count, Self.effectInputCount(nodeCount: comparison.integerNodes.count))
    progress?.begin("judging layers", effectCount * comparison.integerNodes.count)
    for index in 0..<effectCount {
      try comparison.addEffects(inputs, index) { progress?.advance() }
    }
    return Attempt(
      result: result, file: file(of: result.graph, on: inputs), comparison: comparison)
  }

  // MARK: The report

  private func finish(
    _ start: Start, _ attempt: Attempt, on inputs: CalibrationInputs, judgement: Judgement?
  ) throws(MNV4Error) -> QuantizedNetwork {
    progress?.begin("timing", 1)
    let times = try LatencyMeasurement.measure(
      [Model(file), attempt.model], options: options.session)
    progress?.advance()
    var report = try ReportMaker(
      source: file, attempt: attempt, start: start, options: options, inputCount: inputs.count,
      times: times
    ).report()
    report.accuracy = judgement?.accuracy
    for layer in judgement?.kept ?? [] {
      let others = (judgement?.kept ?? []).filter { $0 != layer }
      let nodes = start.network.floatNodes.union(start.network.nodes(ofLayers: others))
      let without = try build(start, floatNodes: nodes, on: inputs)
      let pair = try LatencyMeasurement.measure(
        [attempt.model, Model(file(of: without.graph, on: inputs))], options: options.session)
      report.keptLayers.append(
        .init(
          name: start.network.graph.nodes[layer].name,
          addedMilliseconds: pair[0].milliseconds - pair[1].milliseconds))
    }
    return QuantizedNetwork(file: attempt.file, report: report)
  }
}
