import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@Suite("Weights in half precision")
struct Float16WeightTests {
  @Test("are float32 once read, and float16 again once written")
  func roundTrip() throws {
    var model = try Samples.everyOperation()
    let whole = try model.encoded
    model.graph = try model.graph.roundingWeightsToFloat16()
    let file = try model.encoded
    let weights = model.graph.layerWeightIDs
    #expect(weights.count == 3)
    // Padding to 64 bytes between constants hides what small ones save.
    #expect(Double(file.count) < 0.8 * Double(whole.count))
    let decoded = try Decoder.decode(file.buffer)
    #expect(areEqual(model, decoded))
    for (index, constant) in decoded.graph.constants.enumerated() {
      let isWeight = weights.contains(ConstantID(index))
      #expect(constant.isStoredAsFloat16 == isWeight)
      #expect(!isWeight || constant.storedByteCount * 2 == constant.data.byteCount)
    }
    #expect(try decoded.encoded == file)
  }

  @Test("other weights are as they were, rounded ones the nearest of float16")
  func rounding() throws {
    let graph = try Samples.everyOperation().graph
    let rounded = try graph.roundingWeightsToFloat16()
    for (index, (before, after)) in zip(graph.constants, rounded.constants).enumerated()
    where before.elementType == .float32 {
      let isWeight = graph.layerWeightIDs.contains(ConstantID(index))
      let expected = isWeight ? before.floats.map { Float(Float16($0)) } : before.floats
      #expect(after.floats == expected)
    }
  }

  @Test("weights beyond the range of float16 are refused by name")
  func range() throws {
    var graph = try Samples.everyOperation().graph
    let id = try #require(graph.layerWeightIDs.min { $0.index < $1.index })
    var elements = graph[id].floats
    elements[7] = -70_000
    graph.constants[id.index] = try Constant(
      name: "large", shape: graph[id].shape, copying: elements)
    #expect(
      throws: Float16RoundingError.range(constant: "large", index: 7, found: -70_000)
    ) { try graph.roundingWeightsToFloat16() }
  }

  @Test("what float16 cannot hold is not written as it")
  func misfit() throws {
    var model = try Samples.everyOperation()
    let id = try #require(model.graph.layerWeightIDs.min { $0.index < $1.index })
    model.graph.constants[id.index].isStoredAsFloat16 = true
    let error = #expect(throws: FormatError.self) { try model.encoded }
    #expect("\(try #require(error))".contains("expected numbers of float16"))
  }

  @Test("other constants of float16 are refused where float32 is needed")
  func otherConstants() throws {
    var model = try Samples.everyOperation()
    guard
      case .batchNormalization(let normalization)? =
        model.graph.nodes.map(\.operation).first(where: {
          if case .batchNormalization = $0 { true } else { false }
        })
    else {
      Issue.record("expected a normalization")
      return
    }
    let mean = normalization.mean.index
    model.graph.constants[mean] = try Constant(
      name: "mean", shape: model.graph.constants[mean].shape,
      copying: [Float](repeating: 0.5, count: 8))
    model.graph.constants[mean].isStoredAsFloat16 = true
    let error = #expect(throws: FormatError.self) { try model.encoded }
    #expect("\(try #require(error))".contains("float16"))
  }
}
