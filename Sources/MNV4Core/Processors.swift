#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// How many processors this process may keep busy.
package enum Processors {
  /// The smaller of the affinity mask and the container's quota (cgroup v2 or v1), at least 1.
  package static func available() -> Int {
    let affinity = affinityCount() ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    guard let quota = quota() else { return max(affinity, 1) }
    return max(min(affinity, Int(quota.rounded(.up))), 1)
  }

  private static func affinityCount() -> Int? {
    text(of: "/proc/self/status").flatMap { affinityCount(status: $0) }
  }

  /// Counts the processors in the `Cpus_allowed` mask of `/proc/self/status`.
  package static func affinityCount(status: String) -> Int? {
    guard
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
    else { return nil }
    let count = line.dropFirst("Cpus_allowed:".count).reduce(0) {
      $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0)
    }
    return count > 0 ? count : nil
  }

  /// Processors' worth of time that the control group grants; nil where it sets no limit.
  private static func quota() -> Double? {
    if let line = text(of: "/sys/fs/cgroup/cpu.max") {
      return quota(cpuMax: line)
    }
    guard let quota = text(of: "/sys/fs/cgroup/cpu/cpu.cfs_quota_us").flatMap(number),
      let period = text(of: "/sys/fs/cgroup/cpu/cpu.cfs_period_us").flatMap(number)
    else { return nil }
    return ratio(quota, period)
  }

  /// Reads cgroup v2's `cpu.max`: `QUOTA PERIOD` in microseconds, or `max PERIOD`.
  package static func quota(cpuMax line: String) -> Double? {
    let fields = line.split(whereSeparator: \.isWhitespace)
    guard fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]) else {
      return nil
    }
    return ratio(quota, period)
  }

  private static func ratio(_ quota: Double, _ period: Double) -> Double? {
    quota > 0 && period > 0 && quota < 1e12 ? quota / period : nil
  }

  private static func number(_ text: String) -> Double? {
    text.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
  }

  /// What the first processor calls itself; nil where the system does not say.
  package static var modelName: String? {
    text(of: "/proc/cpuinfo").flatMap { information in
      information.split(separator: "\n").first { $0.hasPrefix("model name") }?
        .split(separator: ":", maxSplits: 1).last.map { String($0.drop(while: \.isWhitespace)) }
    }
  }

  private static func text(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
