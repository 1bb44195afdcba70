import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph

/// Puts what was measured into a report.
struct ReportMaker {
  let source: ModelFile
  let attempt: NetworkQuantizer.Attempt
  let start: NetworkQuantizer.Start
  let options: QuantizationOptions
  let inputCount: Int
  /// Of the float network and of the integer one.
  let times: [LatencyMeasurement.Network]

  private var result: IntegerGraphBuilder.Result { attempt.result }
  private var comparison: Comparison { attempt.comparison }

  func report() throws(MNV4Error) -> QuantizationReport {
    let graph = start.network.graph
    var layers: [QuantizationReport.Layer] = []
    for (index, node) in result.graph.nodes.enumerated() {
      guard let origin = result.origins[index] else { continue }
      if case .reshape = node.operation { continue }
      layers.append(layer(node, origin: graph.nodes[origin], at: origin))
    }
    return QuantizationReport(
      network: graph.name, method: .init(options),
      calibrationCount: inputCount, warnings: warnings(), layers: layers,
      equalizedPairs: start.pairs.compactMap(Self.pair), keptLayers: [],
      outputDecibels: comparison.output.decibels, accuracy: nil,
      latency: .init(float: times[0].milliseconds, integer: times[1].milliseconds),
      floatByteCount: try Self.byteCount(of: source),
      integerByteCount: try Self.byteCount(of: attempt.file),
      processor: Processors.modelName)
  }

  private static func byteCount(of file: ModelFile) throws(MNV4Error) -> Int {
    do { return try Encoder.encode(file).byteCount } catch {
      throw MNV4Error(.invalidModel, error.description)
    }
  }

  /// Nil where nothing changed to speak of.
  private static func pair(_ pair: Equalization.Pair) -> QuantizationReport.EqualizedPair? {
    let largest = pair.factors.reduce(1) { max($0, $1, $1 > 0 ? 1 / $1 : 1) }
    guard largest > 1.01 else { return nil }
    return .init(first: pair.first, second: pair.second, largestFactor: largest)
  }

  // MARK: Layers

  private func layer(
    _ node: Node, origin: Node, at index: Int
  ) -> QuantizationReport.Layer {
    let inputs = node.inputs.map { result.graph[$0] }
    let output = result.graph[node.output]
    let measured = comparison.layers[index] ?? Comparison.Layer()
    let range = start.ranges[origin.output] ?? 0...0
    let isFloat = inputs.allSatisfy { $0.elementType == .float32 }
    let activation = node.operation.fusedActivation
    let operation = node.operation.describe(inputs: inputs)
    let isolated = measured.isolated.decibels
    return QuantizationReport.Layer(
      name: node.name,
      operation: activation == .identity ? operation : "\(operation) + \(activation.name)",
      isFloat: isFloat, lowest: range.lowerBound, highest: range.upperBound,
      scale: output.elementType == .float32 ? nil : output.scale,
      zeroPoint: output.elementType == .float32 ? nil : Int(output.zeroPoint),
      clippedShare: measured.elementCount == 0
        ? 0 : Double(measured.clippedCount) / Double(measured.elementCount),
      weightRangeRatio: weightRangeRatio(of: origin),
      effectDecibels: isFloat ? nil : measured.effect.decibels,
      isolatedDecibels: isFloat ? nil : isolated,
      accumulatedDecibels: measured.accumulated.decibels,
      reading: isFloat ? .float : .init(effectDecibels: measured.effect.decibels),
      floatMicroseconds: times[0].stepMicroseconds[node.name],
      integerMicroseconds: times[1].stepMicroseconds[node.name],
      floatByteCount: byteCount(of: origin, in: start.network.graph),
      integerByteCount: byteCount(of: node, in: result.graph))
  }

  private func byteCount(of node: Node, in graph: Graph) -> Int {
    node.operation.constants.reduce(0) { $0 + graph[$1].data.byteCount }
  }

  /// How much larger the weights of the strongest output are than those of the weakest that has any.
  private func weightRangeRatio(of node: Node) -> Double? {
    guard let constants = node.operation.layerWeights else { return nil }
    let weights = start.network.graph[constants.weights]
    let rowCount = weights.shape.elementCount / weights.shape[0]
    let elements = weights.floats
    let magnitudes = stride(from: 0, to: elements.count, by: rowCount).map { row in
      elements[row..<row + rowCount].reduce(Float(0)) { max($0, $1.magnitude) }
    }.filter { $0 > 0 }
    guard let least = magnitudes.min(), let most = magnitudes.max() else { return nil }
    return Double(most) / Double(least)
  }

  // MARK: Warnings

  private func warnings() -> [String] {
    var warnings = start.inputWarnings
    if start.layersOnGrid * 2 > start.network.layerIndices.count {
      warnings.append(
        "the weights of \(start.layersOnGrid) of \(start.network.layerIndices.count) layers lie on a grid "
          + "of at most 256 steps: they have been 8-bit integers before, so per-channel scales "
          + "lose nothing of them and this says little about networks that have not")
    }
    // Less is the machine's own unrest.
    if times[1].milliseconds > 1.03 * times[0].milliseconds {
      warnings.append(
        "integers are slower than float here: \(times[1].milliseconds.roundedText(2)) ms against "
          + "\(times[0].milliseconds.roundedText(2)) ms, one thread")
    }
    return warnings
  }
}
