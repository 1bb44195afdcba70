import MNV4
import MNV4Format
import MNV4Graph

/// Devices by their ridge point, multiply-accumulates a byte (Qin et al., 2024, arXiv 2404.10518, §4
/// and Table 16): a layer costs max(MACs, ridge point · bytes).
enum RidgePoints {
  struct Device {
    let ridgePoint: Double
    /// Whose latencies the paper fitted it to; empty for a round number.
    let name: String
  }

  static let all = [
    Device(ridgePoint: 0, name: "multiply-accumulates alone"), Device(ridgePoint: 5, name: ""),
    Device(ridgePoint: 10, name: ""), Device(ridgePoint: 20, name: ""),
    Device(ridgePoint: 31.2, name: "Pixel 6 CPU"), Device(ridgePoint: 39.7, name: "Galaxy S23 CPU"),
    Device(ridgePoint: 50, name: ""), Device(ridgePoint: 100, name: ""),
    Device(ridgePoint: 200, name: ""), Device(ridgePoint: 347.3, name: "Pixel 4 DSP"),
    Device(ridgePoint: 433.8, name: "Pixel 8 EdgeTPU"), Device(ridgePoint: 500, name: ""),
  ]

  /// The cost of a network in millions of multiply-accumulates, at one byte an element.
  static func cost(_ model: Model, at device: Device) -> Double {
    model.file.graph.layerCosts.roofline(ridgePoint: device.ridgePoint, elementByteCount: 1) / 1e6
  }
}
