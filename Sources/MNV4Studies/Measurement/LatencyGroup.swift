import MNV4
import MNV4Core

/// Networks that are compared in one type at one size, the first of which the others are measured by.
struct LatencyGroup {
  /// How a network's time relates to the reference's.
  enum Verdict: String {
    case reference
    case faster
    case slower
    /// The interval of the ratio holds 1.
    case noDifference = "no difference seen"
    /// The ratio is not farther from 1 than that of two copies of the reference.
    case withinControl = "within two copies of the reference"
  }

  /// Milliseconds of an inference.
  let medians: [Estimate]
  /// Times the reference's; 1 for itself.
  let ratios: [Estimate]
  /// A second copy of the reference, with its own memory, to the first: how far from 1 a ratio is without
  /// any difference. Nil where none ran.
  let control: Estimate?

  /// Measures them in turns.
  ///
  /// - Parameter hasControl: whether a second copy of the reference takes part.
  init(
    _ models: [Model], hasControl: Bool = false, title: String, options: StudyOptions,
    progress: StudyProgress
  ) throws(MNV4Error) {
    let all = models + (hasControl ? [Model(models[0].file)] : [])
    progress.begin(title, all.count * options.roundCount)
    let comparison = LatencyComparison(options: options.session, roundCount: options.roundCount)
    let times = try comparison.times(of: all, advance: progress.advance)
    self.init(times: Array(times.prefix(models.count)), control: hasControl ? times.last : nil)
  }

  /// - Parameter times: of each network in each round; the first is the reference.
  init(times: [[Double]], control: [Double]?) {
    let block = LatencyComparison.roundsAPlan
    medians = times.map { Statistics.median(of: $0, blockLength: block) }
    ratios = times.map { Statistics.ratio($0, to: times[0], blockLength: block) }
    self.control = control.map { Statistics.ratio($0, to: times[0], blockLength: block) }
  }

  func verdict(_ index: Int) -> Verdict {
    guard index > 0 else { return .reference }
    let ratio = ratios[index]
    if ratio.covers(1) { return .noDifference }
    if let control {
      let span = max(abs(control.low - 1), abs(control.high - 1))
      if abs(ratio.value - 1) <= span { return .withinControl }
    }
    return ratio.value < 1 ? .faster : .slower
  }

  /// `2.1 % faster [1.8, 2.4]`, `3.7 times as long [3.6, 3.8]`, or what keeps it from being said.
  func difference(_ index: Int) -> String {
    let ratio = ratios[index]
    let percent = [ratio.value, ratio.low, ratio.high].map { 100 * abs($0 - 1) }
    let verdict = verdict(index)
    if verdict == .faster || verdict == .slower, !(0.5...1.5).contains(ratio.value) {
      return "\(ratio.value.roundedText(2)) times as long "
        + "[\(ratio.low.roundedText(2)), \(ratio.high.roundedText(2))]"
    }
    switch verdict {
    case .reference: return "the reference"
    case .faster:
      return "\(Self.text(percent[0])) % faster "
        + "[\(Self.text(percent[2])), \(Self.text(percent[1]))]"
    case .slower:
      return "\(Self.text(percent[0])) % slower "
        + "[\(Self.text(percent[1])), \(Self.text(percent[2]))]"
    case .noDifference:
      return "no difference seen (\(Self.signed(ratio.low - 1)) to \(Self.signed(ratio.high - 1)))"
    case .withinControl:
      return "\(Self.signed(ratio.value - 1)), no more than between two copies of the reference"
    }
  }

  private static func text(_ percent: Double) -> String { percent.roundedText(1) }

  static func signed(_ share: Double) -> String {
    "\(share < 0 ? "−" : "+")\(abs(100 * share).roundedText(1)) %"
  }
}
