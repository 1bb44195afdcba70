import MNV4Core

extension Graph {
  /// Multiply-accumulates of convolutions, fully connected layers and matrix products for one run;
  /// the largest integer where the sum would exceed it.
  package var multiplyAccumulateCount: Int {
    nodes.reduce(0) { total, node in
      let count = node.operation.multiplyAccumulateCount(
        inputs: node.inputs.map { self[$0] }, output: self[node.output])
      let (sum, overflow) = total.addingReportingOverflow(count)
      return overflow ? .max : sum
    }
  }

  /// Elements of all constants.
  package var constantElementCount: Int {
    constants.reduce(0) { $0 + $1.shape.elementCount }
  }

  /// Elements that training adjusts: all constants but the statistics of batch normalizations.
  package var trainableParameterCount: Int {
    var statistics: Set<ConstantID> = []
    for node in nodes {
      guard case .batchNormalization(let normalization) = node.operation else { continue }
      statistics.formUnion([normalization.mean, normalization.variance])
    }
    return statistics.reduce(constantElementCount) { $0 - self[$1].shape.elementCount }
  }
}
