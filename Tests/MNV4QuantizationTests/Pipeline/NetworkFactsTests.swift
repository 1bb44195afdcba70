import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// Grids that weights lie on, and the memory that tensors take.
@Suite struct NetworkFactsTests {
  /// A network whose layers are rounded to so many steps on each side, a scale for each output.
  private func network(steps: Float?, noise: Float = 0) throws -> PreparedNetwork {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 6, 6, 8])
    let first = try sketch.convolution(input, outputs: 12, kernel: 3)
    let graph = try sketch.finish(try sketch.convolution(first, outputs: 40))
    var prepared = try PreparedNetwork(graph, floatLayers: [])
    guard let steps else { return prepared }
    for node in prepared.layerIndices {
      let id = prepared.graph.nodes[node].operation.constants[0]
      let weights = prepared.graph[id]
      let rowCount = weights.shape.elementCount / weights.shape[0]
      var elements = weights.floats
      let random = uniform(elements.count, seed: 8)
      for start in stride(from: 0, to: elements.count, by: rowCount) {
        let row = start..<start + rowCount
        let step = elements[row].reduce(0) { max($0, $1.magnitude) } / steps
        for index in row {
          elements[index] = ((elements[index] / step).rounded() + noise * random[index]) * step
        }
      }
      prepared.graph.constants[id.index] = try Constant(
        name: weights.name, shape: weights.shape, copying: elements)
    }
    return prepared
  }

  @Test(arguments: [Float(32), 60, 127, 128, 255]) func gridsAreFound(_ steps: Float) throws {
    let network = try network(steps: steps)
    // The second layer has 12 weights an output: too few to tell.
    #expect(GridDetection.layersOnGrid(network) == [network.layerIndices[0]])
    #expect(GridDetection.layersOnGrid(try self.network(steps: steps, noise: 0.01)).count == 1)
  }

  @Test func otherWeightsLieOnNone() throws {
    #expect(GridDetection.layersOnGrid(try network(steps: nil)) == [])
    #expect(GridDetection.layersOnGrid(try network(steps: 100, noise: 0.2)) == [])
    #expect(GridDetection.layersOnGrid(try network(steps: 2_000)) == [])
  }

  /// Equalization moves weights off their grid; what they were is told all the same.
  @Test func gridsAreFoundBeforeEqualization() throws {
    let original = try network(steps: 127)
    var options = QuantizationOptions.quick
    options.equalizes = true
    let start = try NetworkQuantizer(Model(ModelFile(graph: original.graph)), options: options)
      .prepare(on: .seeded(count: 2))
    #expect(start.pairs.contains { $0.factors.contains { abs($0 - 1) > 0.01 } })
    #expect(start.layersOnGrid == 1)
  }

  /// `a → b → c`, and `a` read again at the end: all three at once.
  @Test func peakCountsWhatIsStillRead() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 2])  // 128 bytes
    let wide = try sketch.convolution(input, outputs: 8)  // 512
    let narrow = try sketch.convolution(wide, outputs: 2)  // 128
    #expect(StoredTensors.peakByteCount(of: try sketch.finish(narrow)) == 128 + 512)
    let sum = try sketch.append(.add(Add()), narrow, input)
    #expect(StoredTensors.peakByteCount(of: try sketch.finish(sum)) == 128 + 512 + 128)
  }

  @Test func tensorsAreDroppedAfterTheirLastReader() throws {
    var sketch = GraphSketch()
    let input = try sketch.input([1, 4, 4, 2])
    let first = try sketch.append(.activation(.relu), input)
    let second = try sketch.append(.activation(.relu), first)
    let graph = try sketch.finish(try sketch.append(.add(Add()), first, second))
    var tensors = StoredTensors(graph)
    let buffer = try AlignedBuffer(byteCount: 128)
    for value in [input, first, second] { tensors[value] = [buffer] }
    tensors.release(after: 0, of: graph)
    #expect(tensors[input].isEmpty && tensors[first].count == 1)
    tensors.release(after: 1, of: graph)
    #expect(tensors[first].count == 1)
    tensors.release(after: 2, of: graph)
    #expect(tensors[first].isEmpty && tensors[second].isEmpty)
  }
}
