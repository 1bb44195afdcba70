import MNV4
import MNV4Core

/// How long two networks take for one inference, run in turn on one thread so that a busy machine
/// slows both.
struct LatencyMeasurement {
  struct Network {
    /// Median time of an inference, in milliseconds.
    var milliseconds: Double
    /// Mean time of each step, in microseconds, by name.
    var stepMicroseconds: [String: Double]
  }

  private static let warmUpCount = 3
  private static let runCount = 15

  /// In the order of the models.
  static func measure(_ models: [Model], options: SessionOptions) throws(MNV4Error) -> [Network] {
    var single = options
    single.threads = 1
    var sessions: [Session] = []
    var inputs: [Tensor] = []
    for model in models {
      sessions.append(try model.makeSession(single))
      inputs.append(try Tensor.seeded(shape: model.inputShape))
    }
    var profiles = models.map { _ in Profile() }
    var times = models.map { _ in [Double]() }
    for run in 0..<warmUpCount + runCount {
      for index in models.indices {
        guard run >= warmUpCount else {
          _ = try sessions[index].run(inputs[index])
          continue
        }
        let start = ContinuousClock.now
        _ = try sessions[index].run(inputs[index], profile: &profiles[index])
        times[index].append((ContinuousClock.now - start) / .milliseconds(1))
      }
    }
    var networks: [Network] = []
    for (index, model) in models.enumerated() {
      let steps = try model.plan(for: options.backend).steps
      var microseconds: [String: Double] = [:]
      for (step, total) in zip(steps, profiles[index].totals) {
        microseconds[step.name, default: 0] += total / .microseconds(1) / Double(runCount)
      }
      let sorted = times[index].sorted()
      networks.append(
        Network(milliseconds: sorted[sorted.count / 2], stepMicroseconds: microseconds))
    }
    return networks
  }
}
