import MNV4Charts
import MNV4Core

/// What a reader needs to know to act on a report.
enum ReportLegend {
  private typealias Reading = QuantizationReport.Reading

  static var markup: Markup {
    .tag(
      "div", ["class": "columns"],
      [
        .tag(
          "section", ["class": "card prose"],
          [.tag("h2", ["What the columns mean"]), .tag("dl", terms.map(term))]),
        .tag(
          "section", ["class": "card prose"],
          [
            .tag("h2", ["How to read the three figures together"]),
            .tag("dl", cases.map(term)),
          ]),
      ])
  }

  private static func term(_ name: Markup, _ meaning: Markup) -> Markup {
    .join([.tag("dt", [name]), .tag("dd", [meaning])])
  }

  private static let terms: [(Markup, Markup)] = [
    (
      "dB",
      "How much stronger a signal is than the error in it: at 10 dB the error has a tenth of the signal's power, at 20 dB a hundredth, at 30 dB a thousandth. “exact” is no error at all."
    ),
    (
      "effect",
      "The network's output when this layer alone computes with integers and every other in float: what the layer costs the network; the higher, the less. Layers are judged by it."
    ),
    (
      "alone",
      "The layer's own output when its inputs are exact: the error that the layer makes."
    ),
    (
      "in network",
      "The layer's own output when all layers compute with integers: its error and those of the layers before it."
    ),
    (
      "reads",
      "broken where the effect is \(Reading.brokenText); suspect \(Reading.suspectText); float where the layer was not quantized; fine otherwise. The network's whole output, with the errors of all layers, is broken below \(QuantizationReport.brokenOutputDecibels.roundedText(0)) dB and suspect below \(QuantizationReport.suspectOutputDecibels.roundedText(0)) dB."
    ),
    (
      "lowest, highest",
      "The smallest and the largest number that left the layer on the calibration pictures."
    ),
    (
      "step, zero point",
      "How integers stand for numbers: number = step × (integer − zero point), integers from −128 to 127. A wide range makes the step large and small numbers coarse."
    ),
    (
      "clipped",
      "The share of numbers beyond the outermost integers. A little is often right, because it makes the step smaller for all the others."
    ),
    (
      "weight spread",
      "How much larger the weights of the strongest channel are than those of the weakest. With one scale for the whole layer, the weakest channel loses as much resolution; with one a channel it does not matter."
    ),
    (
      "µs, size",
      "Median time on one thread, where it was measured: a layer that runs as part of another has no time of its own. Size is that of weights and bias."
    ),
  ]

  private static let cases: [(Markup, Markup)] = [
    (
      "Effect and alone are low",
      "The layer loses what the network needs. A large weight spread points to its weights, much clipped or a very wide range to its output."
    ),
    (
      "Effect low, alone high",
      "The network is sensitive here: small errors of this layer grow in those after it. Such a layer gains most from staying in float."
    ),
    (
      "Effect high, alone low",
      "Nothing to do: a small branch that is added to a strong signal, or an error that the layers after it even out."
    ),
    (
      "Only in network is low",
      "The noise comes from the layers before it. Look at those whose effect is lowest."
    ),
    (
      "Every effect high, the output low",
      "Many small errors add up. A finer method for all layers helps more than one layer in float."
    ),
  ]
}
