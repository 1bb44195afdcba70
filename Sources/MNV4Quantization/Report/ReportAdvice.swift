import MNV4Charts
import MNV4Core

/// What to try where layers, or the output, read as broken or suspect: only what the method does not
/// do yet, what costs no time of an inference first.
struct ReportAdvice {
  struct Step: Hashable {
    /// Options of `mnv4-quantize`; nil where it takes other inputs.
    let options: String?
    let effect: String
  }

  let steps: [Step]

  /// Pictures from which on more of them seldom change a range.
  static let enoughPictures = 100

  init(_ report: QuantizationReport) {
    let worst = report.layersToActOn.first
    guard worst != nil || report.outputReading.needsAction else {
      steps = []
      return
    }
    let method = report.method
    var steps: [Step] = []
    if method.weightScales == .perTensor {
      steps.append(
        Step(
          options: "--weights per-channel",
          effect: "a scale for each output channel, so that weak channels keep their resolution"))
    }
    if method.rounding == .nearest {
      steps.append(
        Step(
          options: "--rounding second-order",
          effect: "weights make up for each other's errors on the calibration pictures"))
    }
    let corrections = [
      method.equalizes ? nil : "--equalize", method.correctsBias ? nil : "--correct-bias",
    ].compactMap(\.self)
    if !corrections.isEmpty {
      let effects = [
        method.equalizes ? nil : "evens out the ranges of channels between layers",
        method.correctsBias ? nil : "takes back what rounding shifts the means by",
      ].compactMap(\.self)
      steps.append(
        Step(
          options: corrections.joined(separator: " "), effect: effects.joined(separator: " and ")))
    }
    if report.calibrationCount < Self.enoughPictures {
      steps.append(
        Step(
          options: nil,
          effect: "more calibration pictures, and such as the network will see"))
    }
    if let worst {
      let name = report.layers[worst].name.visible.shellWord
      steps.append(
        Step(
          options: "--keep-float \(name)",
          effect: "the worst layer stays in float32, which costs time"))
    }
    self.steps = steps
  }

  /// In one sentence, for a terminal; nil without a step.
  var text: String? {
    guard !steps.isEmpty else { return nil }
    let texts = steps.map { $0.options ?? $0.effect }
    return "try, in this order: \(texts.joined(separator: "; "))"
  }

  /// A list with what each step does; nil without a step.
  var markup: Markup? {
    guard !steps.isEmpty else { return nil }
    let items = steps.map { step -> Markup in
      guard let options = step.options else { return .tag("li", ["\(step.effect)"]) }
      return .tag("li", [.tag("code", ["\(options)"]), ": \(step.effect)"])
    }
    return .join([
      .tag("p", ["Try, in this order:"]), .tag("ol", ["class": "points"], items),
    ])
  }
}

extension QuantizationReport.Reading {
  var needsAction: Bool { self == .suspect || self == .broken }
}

extension String {
  /// The text as one word of a POSIX shell: in single quotes unless it is plain.
  var shellWord: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy {
        switch $0 {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "/", ":", "+": true
        case "-": true
        default: false
        }
      }
    if isPlain, !hasPrefix("-") { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
