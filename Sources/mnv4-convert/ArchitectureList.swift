import MNV4CommandSupport
import MNV4Core
import MNV4Graph
import MNV4Zoo

/// `--list-archs`: every network with its size and cost.
enum ArchitectureList {
  static func print() throws {
    var table = TextTable([
      ("name", .leading), ("parameters", .trailing), ("MACs", .trailing), ("input", .trailing),
      ("source", .leading),
    ])
    for architecture in Architecture.all {
      let recorder = TensorRecorder()
      let graph = try architecture.build(weights: recorder)
      let side = architecture.defaultInputSize
      table.append([
        architecture.name, recorder.trainableParameterCount.groupedText,
        graph.multiplyAccumulateCount.groupedText, "\(side)×\(side)", architecture.source,
      ])
    }
    for line in table.lines { StandardOutput.print(line) }
  }
}
