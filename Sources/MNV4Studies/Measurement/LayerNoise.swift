import MNV4
import MNV4Charts
import MNV4Core
import MNV4Quantization

/// Signal to noise of every layer of trained networks after quantization.
struct LayerNoise {
  struct Network {
    let title: String
    let layers: [Layer]
    let outputDecibels: Double?
  }

  /// Decibels of one layer, as `QuantizationReport.Layer` has them.
  struct Layer {
    let name: String
    let alone: Double?
    let inNetwork: Double?
    let effect: Double?
  }

  let networks: [Network]
  /// How they were quantized.
  let method: String

  init(networks: [Network], method: String) {
    self.networks = networks
    self.method = method
  }

  /// Nothing for networks without trained weights, or without data to calibrate on.
  init(
    of networks: [(title: String, network: StudyNetwork)], method: String,
    options quantization: QuantizationOptions = QuantizationOptions(), on data: StudyData?,
    progress: StudyProgress
  ) throws {
    self.method = method
    guard let data else {
      self.networks = []
      return
    }
    self.networks = try networks.filter { $0.network.float.isTrained }.map { title, network in
      let stages = QuantizationProgress(
        begin: { progress.begin("\(title): \($0)", $1) }, advance: progress.advance)
      let report = try NetworkQuantizer(
        network.float.model, options: quantization, progress: stages
      ).quantize(on: try data.calibrationInputs(for: network.float.model)).report
      return Network(
        title: title,
        layers: report.layers.map {
          Layer(
            name: $0.name, alone: $0.isolatedDecibels, inNetwork: $0.accumulatedDecibels,
            effect: $0.effectDecibels)
        }, outputDecibels: report.outputDecibels)
    }
  }

  /// A row a layer; nil where nothing was measured.
  func table(id: String) -> StudyTable? {
    guard !networks.isEmpty else { return nil }
    var table = StudyTable(
      id: id, title: "Signal to noise of every layer, \(method)",
      summary:
        "In decibels, on calibration pictures. Alone: the layer's own error on exact inputs. In the "
        + "network: with the errors of the layers before it. Effect: the network's output where this "
        + "layer alone computes with integers.",
      columns: [
        .text("network", "network"), .text("layer", "layer"), .number("alone_db", "alone"),
        .number("network_db", "in the network"), .number("effect_db", "effect"),
      ])
    table.isDetail = true
    for network in networks {
      for layer in network.layers {
        table.append([
          .text(network.title), .text(layer.name),
          .optional(layer.alone, digits: 1),
          .optional(layer.inNetwork, digits: 1),
          .optional(layer.effect, digits: 1),
        ])
      }
    }
    return table
  }

  /// A line a network, from its first layer to its last; nil where nothing was measured.
  var chart: Markup? {
    guard !networks.isEmpty else { return nil }
    let series = networks.map { network in
      let count = Double(max(network.layers.count - 1, 1))
      let points = network.layers.enumerated().compactMap { index, layer in
        layer.inNetwork.map {
          PlaneChart.Point(x: 100 * Double(index) / count, y: min($0, 80))
        }
      }
      return PlaneChart.Series(network.title, .line, points)
    }
    var chart = PlaneChart(
      title: "Signal to noise of each layer in the network, \(method)",
      summary:
        "How much stronger what leaves a layer is than the error in it, with the errors of all layers before it, in decibels; at most 80 are drawn.",
      xTitle: "place in the network, %", yTitle: "dB", series: series)
    chart.yIncludesZero = true
    return chart.markup
  }

  /// Signal to noise of each network's output.
  var finding: String? {
    let texts = networks.compactMap { network in
      network.outputDecibels.map { "\(network.title) \($0.roundedText(1)) dB" }
    }
    guard !texts.isEmpty else { return nil }
    return "Signal to noise of the output, \(method): \(texts.joined(separator: ", "))."
  }
}
