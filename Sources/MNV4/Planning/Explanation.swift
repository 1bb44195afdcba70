internal import MNV4Core

extension Model {
  /// The plan as a table for a person: each step's operation, shape, element type, backend, kernel
  /// and why; then what a session needs of memory.
  public func explain(_ options: SessionOptions = SessionOptions()) throws(MNV4Error) -> [String] {
    let plan = try plan(for: options)
    let threadCount = try options.threadCount()
    var table = TextTable([
      ("step", .leading), ("operation", .leading), ("output", .leading), ("type", .leading),
      ("backend", .leading), ("kernel", .leading), ("why", .leading),
    ])
    for step in plan.steps {
      table.append([
        step.name, step.operation, "\(step.output.shape)", step.typeText,
        step.backend, step.kernel, step.reason,
      ])
    }
    return table.lines + [""] + plan.summary(threadCount: threadCount)
  }

  /// The steps that compute in float32, each with the reason; empty for a network of integers all the
  /// way. A step computes with integers where it reads them.
  public func floatSteps(
    _ options: SessionOptions = SessionOptions()
  ) throws(MNV4Error) -> [String] {
    let plan = try plan(for: options)
    return plan.steps.filter { !$0.isInteger }.map { step in
      "\(step.name): \(step.operation), \(step.typeText), as the model says"
    }
  }
}

extension ExecutionPlan.Step {
  /// `int8`, or `int8 → float32` where what it reads first and what it writes differ.
  fileprivate var typeText: String {
    let types = [inputs.first?.elementType, output.elementType].compactMap(\.self)
    return types.allSatisfy { $0 == types[0] }
      ? "\(types[0])" : types.map(\.description).joined(separator: " → ")
  }
}

extension ExecutionPlan {
  fileprivate func summary(threadCount: Int) -> [String] {
    let counts = shares.map { "\($0.stepIndices.count) on \($0.backend)" }
    let macs = steps.reduce(0) { $0 + $1.multiplyAccumulateCount }
    let ratio = Double(arenaByteCount) / Double(max(largestStepByteCount, 1))
    let integerSteps = steps.filter(\.isInteger)
    let integerMACs = integerSteps.reduce(0) { $0 + $1.multiplyAccumulateCount }
    let share = macs == 0 ? 0 : 100 * Double(integerMACs) / Double(macs)
    return [
      "steps     \(steps.count): \(counts.joined(separator: ", ")); \(macs.groupedText) MACs",
      "integers  \(integerSteps.count) of \(steps.count) steps, "
        + "\(share.roundedText(1)) % of the MACs",
      "arena     \(arenaByteCount.byteText) a session, "
        + "\(ratio.roundedText(2)) × the largest step's tensors",
      "weights   \(memory.sharedByteCount.byteText) packed once for all sessions",
      "a session \(memory.backendByteCount(threadCount: threadCount).byteText) more in the backends, "
        + "\(threadCount) thread\(threadCount == 1 ? "" : "s")",
    ]
  }
}
