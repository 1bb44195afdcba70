package import MNV4
import MNV4Core

/// `--profile`: how long each step takes, over runs on a fixed input.
package struct ProfileReport {
  private let model: Model
  private let options: SessionOptions
  private let runCount: Int

  private static let warmUpCount = 5

  package init(model: Model, options: SessionOptions, runCount: Int = 50) {
    self.model = model
    self.options = options
    self.runCount = runCount
  }

  /// - Parameter trace: where to write the last run as a Chrome trace.
  package func run(printsTable: Bool = true, trace: String? = nil) throws {
    let session = try model.makeSession(options)
    let plan = try model.plan(for: options.backend)
    let input = try Tensor.seeded(shape: model.inputShape)
    var profile = Profile()
    for _ in 0..<Self.warmUpCount { _ = try session.run(input) }
    for _ in 0..<runCount { _ = try session.run(input, profile: &profile) }
    if printsTable { printTable(plan, profile, threads: session.threadCount) }
    if let trace { try write(plan, profile, to: trace) }
  }

  private func printTable(_ plan: ExecutionPlan, _ profile: Profile, threads: Int) {
    var table = TextTable([
      ("step", .leading), ("operation", .leading), ("output", .leading), ("backend", .leading),
      ("mean µs", .trailing), ("best µs", .trailing), ("%", .trailing), ("GMAC/s", .trailing),
    ])
    let means = profile.totals.map { $0 / .microseconds(1) / Double(profile.runCount) }
    let best = profile.shortest.map { $0 / .microseconds(1) }
    let total = best.reduce(0, +)
    func row(_ cells: [String], _ mean: Double, _ best: Double, macs: Int) -> [String] {
      cells + [
        mean.roundedText(1), best.roundedText(1), (100 * best / total).roundedText(1),
        macs == 0 ? "" : (Double(macs) / best / 1000).roundedText(1),
      ]
    }
    for (index, step) in plan.steps.enumerated() {
      table.append(
        row(
          [step.name, step.operation, "\(step.output.shape)", step.backend], means[index],
          best[index], macs: step.multiplyAccumulateCount))
    }
    table.append(
      row(
        ["total", "", "", ""], means.reduce(0, +), total,
        macs: plan.steps.reduce(0) { $0 + $1.multiplyAccumulateCount }))
    for line in table.lines { StandardOutput.print(line) }
    StandardOutput.print(
      "\(profile.runCount) runs, threads: \(threads); % and GMAC/s of the best times")
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
