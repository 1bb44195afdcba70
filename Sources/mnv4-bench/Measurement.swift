import Glibc
import MNV4
import MNV4CommandSupport
import MNV4Core

/// One network's figures. The coding keys are the names in `--json`.
struct Measurement: Encodable {
  let network: String
  let elementType: String
  let backend: String
  let threads: Int
  let runs: Int
  let minimum: Double
  let median: Double
  let percentile90: Double
  let percentile99: Double
  let imagesPerSecond: Double
  let peakResidentMegabytes: Double
  let arenaByteCount: Int

  enum CodingKeys: String, CodingKey {
    case network, backend, threads, runs
    case elementType = "element_type"
    case minimum = "min_ms"
    case median = "p50_ms"
    case percentile90 = "p90_ms"
    case percentile99 = "p99_ms"
    case imagesPerSecond = "images_per_second"
    case peakResidentMegabytes = "peak_rss_mb"
    case arenaByteCount = "arena_bytes"
  }

  private static let warmUpCount = 10

  /// Warms up, then times each of `runCount` inferences on its own.
  init(
    network: String, model: Model, options: SessionOptions, runCount: Int
  ) throws {
    let session = try model.makeSession(options)
    let plan = try model.plan(for: options.backend)
    let input = try Tensor.seeded(shape: model.inputShape)
    for _ in 0..<Self.warmUpCount { _ = try session.run(input) }
    let progress = ProgressBar(network, total: runCount)
    var times: [Double] = []
    times.reserveCapacity(runCount)
    for _ in 0..<runCount {
      let start = ContinuousClock.now
      _ = try session.run(input)
      times.append((ContinuousClock.now - start) / .milliseconds(1))
      progress.advance()
    }
    progress.finish()

    let sorted = times.sorted()
    let pictures = Double(model.inputShape.first ?? 1)
    self.network = network
    elementType = model.elementTypeName
    backend = plan.backendNames.joined(separator: "+")
    threads = session.threadCount
    runs = runCount
    minimum = sorted[0]
    median = Self.percentile(50, of: sorted)
    percentile90 = Self.percentile(90, of: sorted)
    percentile99 = Self.percentile(99, of: sorted)
    imagesPerSecond = pictures * Double(runCount) * 1000 / times.reduce(0, +)
    peakResidentMegabytes = Self.peakResidentMegabytes()
    arenaByteCount = plan.arenaByteCount
  }

  /// Nearest rank, of an ascending list that is not empty.
  private static func percentile(_ percent: Int, of sorted: [Double]) -> Double {
    sorted[max((sorted.count * percent + 99) / 100, 1) - 1]
  }

  /// The most memory that this process has had resident so far.
  private static func peakResidentMegabytes() -> Double {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .nan }
    return Double(usage.ru_maxrss) * 1024 / 1e6
  }

  // MARK: For a person

  static let table = TextTable([
    ("network", .leading), ("type", .leading), ("backend", .leading), ("threads", .trailing),
    ("min ms", .trailing), ("p50 ms", .trailing), ("p90 ms", .trailing), ("p99 ms", .trailing),
    ("images/s", .trailing), ("peak RSS", .trailing), ("arena", .trailing),
  ])

  var cells: [String] {
    [
      network, elementType, backend, "\(threads)", minimum.roundedText(2), median.roundedText(2),
      percentile90.roundedText(2), percentile99.roundedText(2), imagesPerSecond.roundedText(1),
      "\(peakResidentMegabytes.roundedText(1)) MB", arenaByteCount.byteText,
    ]
  }
}
