import MNV4
import MNV4Core
import MNV4Graph

/// What the float network's tensors hold on the calibration inputs.
struct Observation {
  /// By value of the network.
  private(set) var observers: [ValueID: Observer] = [:]
  /// By layer, before its activation: means over the first inputs, extremes over all.
  private(set) var sums: [Int: ChannelStatistics] = [:]

  /// Runs the network on every input.
  ///
  /// - Parameters:
  ///   - meanCount: how many inputs, from the first, the means of the sums are over.
  ///   - advance: called after each input.
  static func gather(
    _ network: PreparedNetwork, on inputs: CalibrationInputs, meanCount: Int,
    options: SessionOptions, advance: () -> Void
  ) throws(MNV4Error) -> Observation {
    let graph = network.graph.separating(.all)
    let run = try NetworkRun(graph, options: options)
    var observation = Observation()
    let known = network.graph.values.count
    let layerOfSum = Self.layersOfSums(network, in: graph)
    for index in 0..<inputs.count {
      try run.begin { (bytes) throws(MNV4Error) in
        let elements = bytes.bindMemory(to: Float.self)
        try inputs.write(index, to: elements)
        observation.record(UnsafeBufferPointer(elements), of: graph.inputs[0], in: graph)
      }
      while let node = run.nextNode {
        let value = graph.nodes[node].output
        let elements = run.advance().bindMemory(to: Float.self)
        if value.index < known { observation.record(elements, of: value, in: graph) }
        if let layer = layerOfSum[node] {
          observation.recordSums(
            elements, of: layer, channelCount: graph[value].shape.last,
            countsTowardsMeans: index < meanCount)
        }
      }
      advance()
    }
    return observation
  }

  /// For each node of `separated` that computes the sums of a layer, that layer: taking ends apart
  /// changes neither the number of layers nor their order.
  private static func layersOfSums(
    _ network: PreparedNetwork, in separated: Graph
  ) -> [Int: Int] {
    let nodes = separated.nodes.indices.filter {
      separated.nodes[$0].operation.layerWeights != nil
    }
    return Dictionary(uniqueKeysWithValues: zip(nodes, network.layerIndices))
  }

  private mutating func record(
    _ elements: UnsafeBufferPointer<Float>, of value: ValueID, in graph: Graph
  ) {
    observers[value, default: Observer(channelCount: 1)].record(elements)
  }

  private mutating func recordSums(
    _ elements: UnsafeBufferPointer<Float>, of layer: Int, channelCount: Int,
    countsTowardsMeans: Bool
  ) {
    sums[layer, default: ChannelStatistics(channelCount: channelCount)]
      .add(elements, countsTowardsMeans: countsTowardsMeans)
  }

  /// The largest sums of each layer's channels, by its output.
  func maxima(of network: PreparedNetwork) -> [ValueID: [Float]] {
    var result: [ValueID: [Float]] = [:]
    for (layer, statistics) in sums {
      result[network.graph.nodes[layer].output] = statistics.highest
    }
    return result
  }
}
