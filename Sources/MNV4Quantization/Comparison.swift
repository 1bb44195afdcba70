import MNV4
import MNV4Core
import MNV4Graph

/// What quantization does to every node, measured on inputs: a float network and the integer network
/// made of it run side by side.
final class Comparison {
  struct Layer {
    /// The output of the node alone, on the float network's operands.
    var isolated = SignalToNoise()
    /// The output in the integer network, with what came before.
    var accumulated = SignalToNoise()
    /// The network's output where this node alone computes with integers.
    var effect = SignalToNoise()
    /// Numbers of the float network beyond the last integer, of all.
    var clippedCount = 0
    var elementCount = 0
  }

  /// By node of the float network; those that stayed in float have no isolated measure.
  private(set) var layers: [Int: Layer] = [:]
  /// The network's output.
  private(set) var output = SignalToNoise()

  private let float: NetworkRun
  private let integer: NetworkRun
  private let origins: [Int?]
  /// The node of the float network that computes its output; nil where the input is the output.
  private let outputNode: Int?
  private var isolatedSteps: [Int: SingleStep] = [:]
  private var input: [Float]
  private var found: [Float]
  private var alone: [Float]

  init(
    float: Graph, integer: IntegerGraphBuilder.Result, options: SessionOptions
  ) throws(MNV4Error) {
    self.float = try NetworkRun(float, options: options)
    self.integer = try NetworkRun(integer.graph, options: options)
    origins = integer.origins
    outputNode = Self.outputNode(of: float)
    let largest = float.values.map(\.shape.elementCount).max() ?? 0
    input = [Float](repeating: 0, count: float[float.inputs[0]].shape.elementCount)
    found = [Float](repeating: 0, count: largest)
    alone = found
    for (index, node) in integer.graph.nodes.enumerated() {
      guard let origin = origins[index], Self.computesIntegers(node, of: integer.graph) else {
        continue
      }
      isolatedSteps[origin] = try SingleStep(node, of: integer.graph, options: options)
    }
  }

  private static func computesIntegers(_ node: Node, of graph: Graph) -> Bool {
    if case .reshape = node.operation { return false }
    return node.inputs.contains { graph[$0].elementType != .float32 }
      || graph[node.output].elementType != .float32
  }

  /// What computes the output: a reshape passes on what another node did.
  private static func outputNode(of graph: Graph) -> Int? {
    var value = graph.outputs[0]
    for (index, node) in graph.nodes.enumerated().reversed() where node.output == value {
      guard case .reshape = node.operation else { return index }
      value = node.inputs[0]
    }
    return nil
  }

  /// The nodes that compute with integers.
  var integerNodes: [Int] { isolatedSteps.keys.sorted() }

  private func load(_ inputs: CalibrationInputs, _ index: Int) throws(MNV4Error) {
    let result = input.withUnsafeMutableBufferPointer { elements in
      Result { () throws(MNV4Error) in try inputs.write(index, to: elements) }
    }
    try result.get()
  }

  /// Adds what one input shows.
  func add(_ inputs: CalibrationInputs, _ index: Int) throws(MNV4Error) {
    try load(inputs, index)
    try input.withUnsafeBufferPointer { elements throws(MNV4Error) in
      try float.begin { bytes in bytes.copyMemory(from: UnsafeRawBufferPointer(elements)) }
      let value = integer.graph[integer.graph.inputs[0]]
      try integer.begin { bytes in value.write(elements, to: bytes) }
    }
    while let node = integer.nextNode {
      guard let origin = origins[node] else {
        integer.advance()
        continue
      }
      while let next = float.nextNode, next < origin { float.advance() }
      compare(node, with: origin)
    }
  }

  /// Adds what one input shows of each node's effect on the network's output: the float network runs
  /// once for each of them, with the node's integers in the place of its output.
  ///
  /// - Parameter advance: called after each node.
  func addEffects(
    _ inputs: CalibrationInputs, _ index: Int, advance: () -> Void
  ) throws(MNV4Error) {
    try load(inputs, index)
    let expected = try floatOutput(replacing: nil)
    for node in integerNodes {
      let output = try floatOutput(replacing: node)
      for (wanted, found) in zip(expected, output) {
        layers[node, default: Layer()].effect.add(wanted, found)
      }
      advance()
    }
  }

  private func floatOutput(replacing node: Int?) throws(MNV4Error) -> [Float] {
    try input.withUnsafeBufferPointer { elements throws(MNV4Error) in
      try float.begin { bytes in bytes.copyMemory(from: UnsafeRawBufferPointer(elements)) }
    }
    var output: [Float] = []
    while let next = float.nextNode {
      let value = float.graph.nodes[next].output
      let count = float.graph[value].shape.elementCount
      if next == node, let step = isolatedSteps[next] {
        setInputs(of: step, next)
        float.advance()
        alone.withUnsafeMutableBufferPointer { alone in
          let numbers = UnsafeMutableBufferPointer(rebasing: alone[..<count])
          step.run(into: numbers)
          float.replaceOutput(with: UnsafeRawBufferPointer(numbers))
          if next == outputNode { output = Array(numbers) }
        }
      } else {
        let bytes = float.advance()
        if next == outputNode { output = Array(bytes.bindMemory(to: Float.self)) }
      }
    }
    return output
  }

  private func setInputs(of step: SingleStep, _ node: Int) {
    for operand in float.graph.nodes[node].inputs.indices {
      step.setInput(operand, to: float.input(operand).bindMemory(to: Float.self))
    }
  }

  private func compare(_ node: Int, with origin: Int) {
    let source = float.graph.nodes[origin]
    let count = float.graph[source.output].shape.elementCount
    let step = isolatedSteps[origin]
    if let step { setInputs(of: step, origin) }
    let expected = float.advance().bindMemory(to: Float.self)
    let value = integer.graph[integer.graph.nodes[node].output]
    let bytes = integer.advance()
    var layer = layers[origin] ?? Layer()
    let isOutput = origin == outputNode
    found.withUnsafeMutableBufferPointer { found in
      let found = UnsafeMutableBufferPointer(rebasing: found[..<count])
      value.read(bytes, into: found)
      for index in 0..<count {
        layer.accumulated.add(expected[index], found[index])
        if isOutput { output.add(expected[index], found[index]) }
      }
    }
    layer.add(expected, as: value)
    if let step {
      alone.withUnsafeMutableBufferPointer { alone in
        let alone = UnsafeMutableBufferPointer(rebasing: alone[..<count])
        step.run(into: alone)
        for index in 0..<count { layer.isolated.add(expected[index], alone[index]) }
      }
    }
    layers[origin] = layer
  }
}

extension Comparison.Layer {
  /// Counts `numbers`, and those that `value` has no integers for.
  fileprivate mutating func add(_ numbers: UnsafeBufferPointer<Float>, as value: Value) {
    var low = -Float.infinity
    var high = Float.infinity
    if value.elementType != .float32 {
      // Half a step beyond the outermost integers still rounds to them.
      let range = value.integerRange()
      low = (Float(range.lowerBound - value.zeroPoint) - 0.5) * value.scale
      high = (Float(range.upperBound - value.zeroPoint) + 0.5) * value.scale
    }
    for number in numbers {
      if number < low || number > high { clippedCount += 1 }
    }
    elementCount += numbers.count
  }
}
