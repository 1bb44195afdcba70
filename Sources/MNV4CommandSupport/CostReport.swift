package import ArgumentParser
internal import MNV4Core
package import MNV4Graph

/// How the commands are told to count bytes and model time.
package struct CostArguments: ParsableArguments {
  package enum Width: String, ExpressibleByArgument, CaseIterable {
    case float32
    case int8
  }

  @Option(
    help: ArgumentHelp(
      "Print the network's roofline cost, the sum over layers of max(MACs, ridge point × bytes), "
        + "for a device of so many MACs a byte; may be repeated.", valueName: "MACs/byte"))
  package var ridgePoint: [Double] = []

  @Option(help: "Count bytes as if every element had this type (default: the network's).")
  package var countAs: Width?

  package init() {}

  package func validate() throws {
    for value in ridgePoint where !(value >= 0 && value <= 1e6) {
      throw ValidationError("--ridge-point: expected 0 to 1000000, found \(value).")
    }
  }
}

/// Parameters, multiply-accumulates, bytes and operational intensity, of each layer and of all.
package struct CostReport {
  private let graph: Graph
  private let arguments: CostArguments

  package init(_ graph: Graph, _ arguments: CostArguments) {
    self.graph = graph
    self.arguments = arguments
  }

  private var elementByteCount: Int {
    switch arguments.countAs {
    case .float32: 4
    case .int8: 1
    case nil: graph[graph.inputs[0]].elementType.byteCount
    }
  }

  /// A row a node.
  package var layers: [String] {
    var table = TextTable([
      ("layer", .leading), ("operation", .leading), ("output", .leading), ("type", .leading),
      ("parameters", .trailing), ("MACs", .trailing), ("weight bytes", .trailing),
      ("activation bytes", .trailing), ("MACs/byte", .trailing),
    ])
    for node in graph.nodes {
      let inputs = node.inputs.map { graph[$0] }
      let output = graph[node.output]
      let activation = node.operation.fusedActivation
      let operation = node.operation.describe(inputs: inputs)
      let parameters = node.operation.constants.reduce(0) { $0 + graph[$1].shape.elementCount }
      table.append(
        [
          node.name, activation == .identity ? operation : "\(operation) + \(activation.name)",
          "\(output.shape)", "\(output.elementType)", parameters.groupedText,
        ] + cells(graph.layerCost(of: node)))
    }
    let total = graph.layerCosts.total(name: "total")
    table.append(["total", "", "", "", graph.constantElementCount.groupedText] + cells(total))
    return table.lines
  }

  private func cells(_ cost: LayerCost?) -> [String] {
    guard let cost else { return ["0", "", "", ""] }
    let width = elementByteCount
    return [
      cost.multiplyAccumulateCount.groupedText, (cost.weightElementCount * width).groupedText,
      (cost.activationElementCount * width).groupedText,
      cost.intensity(elementByteCount: width).roundedText(1),
    ]
  }

  /// A line for each ridge point that was asked for.
  package var rooflines: [String] {
    arguments.ridgePoint.map { ridgePoint in
      let cost = graph.layerCosts.roofline(
        ridgePoint: ridgePoint, elementByteCount: elementByteCount)
      return "roofline at \(ridgePoint) MACs/byte: \((cost / 1e6).roundedText(1)) M"
    }
  }
}
