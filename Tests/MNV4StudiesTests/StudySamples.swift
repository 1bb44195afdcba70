import MNV4
import MNV4Core

@testable import MNV4Studies

/// Studies with networks that are quick to make, and numbers that a test chose.
enum StudySamples {
  static var options: StudyOptions {
    var options = StudyOptions()
    options.hurry()
    options.roundCount = 2
    options.repetitionCount = 1
    return options
  }

  /// One small network, for all that a study looks at beside its measurements.
  static func network() throws -> StudyNetwork {
    try NetworkSource(options, data: nil, progress: .silent).small(["mobilenetv3_small_050"])[0]
  }

  /// Networks that take so many times as long as the first.
  static func latency(_ factors: [Double]) -> [NumberType: LatencyGroup] {
    let group = LatencyGroup(
      times: factors.map { factor in (0..<20).map { factor * (1 + 0.001 * Double($0 % 5)) } },
      control: nil)
    return [.float32: group, .int8: group]
  }

  /// So many of a hundred pictures right, the first ones.
  static func right(_ count: Int) -> [Bool] { (0..<100).map { $0 < count } }

  static func noise(_ title: String) -> LayerNoise {
    let layer = LayerNoise.Layer(name: "conv<1>", alone: 30, inNetwork: 20, effect: 40)
    return LayerNoise(
      networks: [.init(title: title, layers: [layer, layer], outputDecibels: 25)],
      method: "a way")
  }
}
