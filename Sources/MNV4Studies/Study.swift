import MNV4

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The comparisons of papers that can be repeated.
package enum Study: String, CaseIterable, Sendable {
  case uib
  case mobilenextVersusV2 = "mobilenext-vs-v2"
  case identityMultiplier = "identity-multiplier"
  case extraDepthwise = "extra-depthwise"

  /// What it repeats, in a line.
  package var summary: String {
    switch self {
    case .uib: "Table 1 of the CIFAR-10 study of universal inverted bottlenecks"
    case .mobilenextVersusV2: "Tables 3 and 4 of the MobileNeXt paper"
    case .identityMultiplier: "Table 7 of the MobileNeXt paper"
    case .extraDepthwise: "Table 5 of the MobileNeXt paper"
    }
  }

  /// Runs it.
  package func run(_ options: StudyOptions, progress: StudyProgress) throws -> StudyDocument {
    switch self {
    case .uib: try UIBStudy(options, progress: progress).document()
    case .mobilenextVersusV2: try MobileNeXtStudy(options, progress: progress).document()
    case .identityMultiplier: try IdentityMultiplierStudy(options, progress: progress).document()
    case .extraDepthwise: try ExtraDepthwiseStudy(options, progress: progress).document()
    }
  }
}

extension StudyOptions {
  /// How it is measured, for a reader.
  var description: [(name: String, value: String)] {
    var settings = [
      ("date", Date.now.formatted(.iso8601.year().month().day())),
      (
        "latency",
        "\(roundCount) rounds in which networks take turns in an order drawn anew, on "
          + (session.threads.map { $0 == 1 ? "1 thread" : "\($0) threads" } ?? "all threads")
          + "; medians, and 95 % intervals of a circular block bootstrap"
      ),
      ("backend", session.backend.rawValue), ("models", modelsFolder),
      ("data", dataFolder ?? "none"),
    ]
    if dataFolder != nil {
      settings.append(("test pictures", testLimit.map { "at most \($0)" } ?? "all"))
      settings.append(("calibration", "\(calibrationCount) pictures of train"))
    }
    if isQuick { settings.append(("quick", "few rounds and small pictures: numbers mean little")) }
    return settings
  }
}
