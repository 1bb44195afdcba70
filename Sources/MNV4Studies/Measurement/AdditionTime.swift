import MNV4
import MNV4Core

/// How long additions take that are steps of their own.
enum AdditionTime {
  /// Microseconds of all such steps of each model together, the shortest that each step took in so many
  /// rounds in which the models take turns; nil for a model without any.
  static func measure(
    _ models: [Model], options: SessionOptions, roundCount: Int
  ) throws(MNV4Error) -> [Double?] {
    var indices: [[Int]] = []
    var sessions: [Session] = []
    var inputs: [Tensor] = []
    for model in models {
      let steps = try model.plan(for: options).steps
      indices.append(steps.indices.filter { steps[$0].isAddition })
      sessions.append(try model.makeSession(options))
      inputs.append(try Tensor.seeded(shape: model.inputShape))
    }
    guard indices.contains(where: { !$0.isEmpty }) else { return models.map { _ in nil } }
    var profiles = models.map { _ in Profile() }
    for _ in 0..<roundCount {
      for index in models.indices {
        _ = try sessions[index].run(inputs[index], profile: &profiles[index])
      }
    }
    return models.indices.map { index in
      guard !indices[index].isEmpty else { return nil }
      return indices[index].reduce(0) { $0 + profiles[index].shortest[$1] / .microseconds(1) }
    }
  }
}

extension ExecutionPlan.Step {
  /// Whether it adds and does nothing else but an activation.
  var isAddition: Bool {
    !operation.contains("→")
      && ["add", "partial add"].contains { operation == $0 || operation.hasPrefix("\($0) +") }
  }
}
