internal import MNV4Core

extension Model {
  /// The plan as a table for a person: each step's operation, shape, element type, backend, kernel
  /// and why; then what a session needs of memory.
  public func explain(_ options: SessionOptions = SessionOptions()) throws(MNV4Error) -> [String] {
    let plan = try plan(
      for: options.backend, maximumByteCount: options.maximumMemoryByteCount)
    let threadCount = try options.threadCount()
    var table = TextTable([
      ("step", .leading), ("operation", .leading), ("output", .leading), ("type", .leading),
      ("backend", .leading), ("kernel", .leading), ("why", .leading),
    ])
    for step in plan.steps {
      table.append([
        step.name, step.operation, "\(step.output.shape)", "\(step.output.elementType)",
        step.backend, step.kernel, step.reason,
      ])
    }
    return table.lines + [""] + plan.summary(threadCount: threadCount)
  }
}

extension ExecutionPlan {
  fileprivate func summary(threadCount: Int) -> [String] {
    let counts = shares.map { "\($0.stepIndices.count) on \($0.backend)" }
    let macs = steps.reduce(0) { $0 + $1.multiplyAccumulateCount }
    let ratio = Double(arenaByteCount) / Double(max(largestStepByteCount, 1))
    return [
      "steps     \(steps.count): \(counts.joined(separator: ", ")); \(macs.groupedText) MACs",
      "arena     \(arenaByteCount.byteText) a session, "
        + "\(ratio.roundedText(2)) × the largest step's tensors",
      "weights   \(memory.sharedByteCount.byteText) packed once for all sessions",
      "a session \(memory.sessionByteCount.byteText) more in the backends, "
        + "\(threadCount) thread\(threadCount == 1 ? "" : "s")",
    ]
  }
}
