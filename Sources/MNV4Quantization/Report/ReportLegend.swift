import MNV4Charts

/// What a reader needs to know to act on a report.
enum ReportLegend {
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
            .tag("h2", ["When a layer is broken or suspect"]),
            .tag("ol", actions.map { .tag("li", $0) }),
          ]),
      ])
  }

  private static func term(_ name: Markup, _ meaning: Markup) -> Markup {
    .join([.tag("dt", [name]), .tag("dd", [meaning])])
  }

  private static let terms: [(Markup, Markup)] = [
    (
      "alone, in network (dB)",
      "Signal to noise: 20 dB is an error of a hundredth of the signal's power, 10 dB of a tenth. “exact” is no error at all. Alone, a layer gets exact inputs, so its own error shows; in the network, the errors of all layers before it add up."
    ),
    (
      "reads",
      "fine; suspect below 20 dB alone; broken below 10 dB alone; float where the layer was not quantized."
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

  private static let actions: [[Markup]] = [
    [
      "A large weight spread: one scale for each channel, ",
      .tag("code", ["--weights per-channel"]), ".",
    ],
    [
      "A large weight spread that has to keep one scale for the layer, or a range that a few channels make wide: ",
      .tag("code", ["--equalize"]), " moves scale from one layer into the next.",
    ],
    [
      "Much clipped, or a range that looks like chance: more calibration pictures, and such as the network will see."
    ],
    [
      "Still broken: ", .tag("code", ["--keep-float NAME"]),
      " leaves the layer in float and costs the time that the table of kept layers shows.",
    ],
    [
      "Fine alone, but poor in the network: look at the layers before it. The noise comes from there."
    ],
  ]
}
