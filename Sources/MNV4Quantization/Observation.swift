import MNV4
import MNV4Core
import MNV4Graph

/// What the float network's tensors hold on the calibration inputs.
struct Observation {
  /// By value of the network.
  private(set) var observers: [ValueID: Observer] = [:]
  /// What is wrong with the inputs.
  private(set) var inputWarnings: [String] = []
  /// By layer, the largest sum of each channel, before the activation.
  private var largestSums: [Int: [Float]] = [:]

  /// Runs the network on every input.
  ///
  /// - Parameter advance: called after each input.
  static func gather(
    _ network: PreparedNetwork, on inputs: CalibrationInputs,
    options: SessionOptions, advance: () -> Void
  ) throws(MNV4Error) -> Observation {
    let graph = network.graph.separating(.all)
    let run = try NetworkRun(graph, options: options)
    var observation = Observation()
    var inspector = InputInspector { inputs.name($0) }
    let known = network.graph.values.count
    let layerOfSum = Self.layersOfSums(network, in: graph)
    for index in 0..<inputs.count {
      try run.begin { (bytes) throws(MNV4Error) in
        let elements = bytes.assumingMemoryBound(to: Float.self)
        try inputs.write(index, to: elements)
        observation.record(UnsafeBufferPointer(elements), of: graph.inputs[0], in: graph)
        inspector.record(UnsafeBufferPointer(elements), shape: graph[graph.inputs[0]].shape)
      }
      while let node = run.nextNode {
        let value = graph.nodes[node].output
        let elements = run.advance().bindMemory(to: Float.self)
        if value.index < known { observation.record(elements, of: value, in: graph) }
        if let layer = layerOfSum[node] {
          observation.recordSums(elements, of: layer, channelCount: graph[value].shape.last)
        }
      }
      advance()
    }
    observation.inputWarnings = inspector.warnings
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
    observers[value, default: Observer()].record(elements)
  }

  private mutating func recordSums(
    _ elements: UnsafeBufferPointer<Float>, of layer: Int, channelCount: Int
  ) {
    var largest =
      largestSums[layer] ?? [Float](repeating: -.infinity, count: channelCount)
    largestSums[layer] = nil
    largest.withUnsafeMutableBufferPointer { largest in
      for row in stride(from: 0, to: elements.count, by: channelCount) {
        for channel in 0..<channelCount {
          let sum = elements[row + channel]
          largest[channel] = sum > largest[channel] ? sum : largest[channel]
        }
      }
    }
    largestSums[layer] = largest
  }

  /// The largest sums of each layer's channels, by its output.
  func maxima(of network: PreparedNetwork) -> [ValueID: [Float]] {
    var result: [ValueID: [Float]] = [:]
    for (layer, largest) in largestSums {
      result[network.graph.nodes[layer].output] = largest
    }
    return result
  }
}
