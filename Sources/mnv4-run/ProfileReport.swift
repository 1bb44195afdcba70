import MNV4
import MNV4CommandSupport
import MNV4Core

/// `--profile`: how long each step takes, over runs on a fixed input.
struct ProfileReport {
  let model: Model
  let options: SessionOptions

  private static let warmUpCount = 5
  private static let runCount = 50

  func run(printsTable: Bool, trace: String?) throws {
    let session = try model.makeSession(options)
    let plan = try model.plan(for: options.backend)
    let input = try Tensor.seeded(shape: model.inputShape)
    var profile = Profile()
    for _ in 0..<Self.warmUpCount { _ = try session.run(input) }
    for _ in 0..<Self.runCount { _ = try session.run(input, profile: &profile) }
    if printsTable { printTable(plan, profile, threads: session.threadCount) }
    if let trace { try write(plan, profile, to: trace) }
  }

  private func printTable(_ plan: ExecutionPlan, _ profile: Profile, threads: Int) {
    var table = TextTable([
      ("step", .leading), ("operation", .leading), ("output", .leading), ("backend", .leading),
      ("µs", .trailing), ("%", .trailing), ("GMAC/s", .trailing),
    ])
    let times = profile.totals.map { $0 / .microseconds(1) / Double(profile.runCount) }
    let total = times.reduce(0, +)
    for (step, time) in zip(plan.steps, times) {
      let rate = Double(step.multiplyAccumulateCount) / time / 1000
      table.append([
        step.name, step.operation, "\(step.output.shape)", step.backend, time.roundedText(1),
        (100 * time / total).roundedText(1),
        step.multiplyAccumulateCount == 0 ? "" : rate.roundedText(1),
      ])
    }
    let macs = plan.steps.reduce(0) { $0 + $1.multiplyAccumulateCount }
    table.append([
      "total", "", "", "", total.roundedText(1), "100.0",
      (Double(macs) / total / 1000).roundedText(1),
    ])
    for line in table.lines { StandardOutput.print(line) }
    StandardOutput.print("mean of \(profile.runCount) runs, threads: \(threads)")
  }

  /// Chrome's trace event format: complete events ("X"), times in microseconds.
  private struct Trace: Encodable {
    struct Event: Encodable {
      let name: String
      let cat: String
      let ph = "X"
      let ts: Double
      let dur: Double
      let pid = 1
      let tid = 1
      let args: [String: String]
    }

    let traceEvents: [Event]
    let displayTimeUnit = "ms"
  }

  private func write(_ plan: ExecutionPlan, _ profile: Profile, to path: String) throws {
    let events = zip(plan.steps, profile.lastRun).map { step, span in
      Trace.Event(
        name: step.name, cat: step.operation, ts: span.start / .microseconds(1),
        dur: span.duration / .microseconds(1),
        args: [
          "operation": step.operation, "output": "\(step.output.shape)", "backend": step.backend,
          "kernel": step.kernel,
        ])
    }
    let text = try JSONLine.encode(Trace(traceEvents: events))
    try CommandFile.write(Array(text.utf8), to: path)
  }
}
