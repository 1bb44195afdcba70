import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Format

/// The format has whole residuals; a graph with a part of one is refused, not written as another.
@Suite struct PartialResidualTests {
  @Test func partialResidualIsNotWritten() throws {
    var builder = GraphBuilder(name: "test", weights: SeededWeights(seed: 1))
    let input = try builder.input(height: 2, width: 2, channels: 4)
    let value = try builder.convolution(input, ConvolutionLayer("conv", outputs: 4))
    let sum = try builder.append("add", .add(Add(channelCount: 3)), [value, input])
    let graph = try builder.finish(output: sum)
    let written = try Encoder.encode(ModelFile(graph: graph, preprocessing: nil, labels: []))
    #expect(written.byteCount > 0)
    #expect(
      throws: FormatError.field(
        .section(.graph), "residual", offset: nil, expected: "all channels or none",
        found: "3 channels")
    ) {
      try Encoder.encode(ModelFile(graph: graph.fusingResiduals(), preprocessing: nil, labels: []))
    }
  }
}
