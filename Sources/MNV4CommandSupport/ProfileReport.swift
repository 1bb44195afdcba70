package import MNV4
import MNV4Core
import MNV4Kernels

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
      ("of limit", .trailing),
    ])
    let limits = Limits(of: plan)
    let means = profile.totals.map { $0 / .microseconds(1) / Double(profile.runCount) }
    let best = profile.shortest.map { $0 / .microseconds(1) }
    let total = best.reduce(0, +)
    func times(_ mean: Double, _ best: Double) -> [String] {
      [mean.roundedText(1), best.roundedText(1), (100 * best / total).roundedText(1)]
    }
    func rates(_ macs: Int, _ best: Double, leastMicroseconds: Double?) -> [String] {
      guard macs > 0 else { return ["", ""] }
      let share = leastMicroseconds.map {
        "\((100 * $0 / Double(threads) / best).roundedText(0)) %"
      }
      return [(Double(macs) / best / 1000).roundedText(1), share ?? ""]
    }
    for (index, step) in plan.steps.enumerated() {
      table.append(
        [step.name, step.operation, "\(step.output.shape)", step.backend]
          + times(means[index], best[index])
          + rates(
            step.multiplyAccumulateCount, best[index],
            leastMicroseconds: limits.microseconds(of: step)))
    }
    let least = plan.steps.map(limits.microseconds)
    table.append(
      ["total", "", "", ""] + times(means.reduce(0, +), total)
        + rates(
          plan.steps.reduce(0) { $0 + $1.multiplyAccumulateCount }, total,
          leastMicroseconds: least.contains(nil) ? nil : least.reduce(0) { $0 + ($1 ?? 0) }))
    for line in table.lines { StandardOutput.print(line) }
    StandardOutput.print(
      "\(profile.runCount) runs, threads: \(threads); shares and GMAC/s of the best times")
    for line in limits.lines { StandardOutput.print(line) }
    let savesMultiplications = plan.steps.contains {
      $0.kernel.contains("strassen") || $0.kernel.contains("winograd")
    }
    if savesMultiplications {
      StandardOutput.print(
        "steps that take fewer multiplications (strassen, winograd) can exceed it; GMAC/s count all"
      )
    }
  }

  /// What the processor could do.
  private struct Limits {
    private let integers: PeakRate?
    private let floats: PeakRate?

    /// Measures those that the plan's steps are compared with.
    init(of plan: ExecutionPlan) {
      let layers = plan.steps.filter { $0.multiplyAccumulateCount > 0 }
      integers = layers.contains(where: \.isInteger) ? PeakRate(integers: true) : nil
      floats = layers.contains { !$0.isInteger } ? PeakRate(integers: false) : nil
    }

    /// The least time of a step on one thread; nil where the limit is not known.
    func microseconds(of step: ExecutionPlan.Step) -> Double? {
      guard step.multiplyAccumulateCount > 0 else { return 0 }
      let limit = step.isInteger ? integers : floats
      return limit.map { Double(step.multiplyAccumulateCount) / $0.rate / 1000 }
    }

    var lines: [String] {
      [integers, floats].compactMap(\.self).map {
        "limit of a thread, \($0.instruction) on registers: \($0.rate.roundedText(0)) GMAC/s"
      }
    }
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
