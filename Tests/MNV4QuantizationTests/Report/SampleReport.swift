import MNV4Core

@testable import MNV4Quantization

/// Reports like those of a MobileNetV2, and such as strain the layout.
enum SampleReport {
  /// 65 layers of MobileNetV2: two broken, three suspect, one kept in float, times measured.
  static let mobileNetV2 = make()

  /// What a hostile or odd file may bring: markup in every text, numbers that are none.
  static let hostile: QuantizationReport = {
    var report = make()
    report.network = "</title><script>alert(1)</script>"
    report.method.floatLayers = ["<b>", "\"><img src=x onerror=alert(1)>"]
    report.warnings = [
      "<script>alert(2)</script> & more", "line\nbreak \u{1B}[31m \u{202E}desrever",
    ]
    report.processor = "<i>'\"&"
    report.keptLayers = [.init(name: "<u>kept</u>", addedMilliseconds: .nan)]
    report.equalizedPairs = [.init(first: "<s>", second: "]]>", largestFactor: .infinity)]
    report.layers[0].name = "<script>alert(3)</script>"
    report.layers[0].operation = "<!-- conv -->"
    report.layers[1].name = String(repeating: "very_long_name.", count: 200)
    report.layers[2].name = ""
    report.layers[3].name = "a' onclick='alert(4)' b=\""
    let numbers: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0]
    for (index, number) in numbers.enumerated() {
      report.layers[index].lowest = number
      report.layers[index].highest = -number
      report.layers[index].scale = number
      report.layers[index].zeroPoint = index % 2 == 0 ? .min : .max
      report.layers[index].clippedShare = Double(number)
      report.layers[index].weightRangeRatio = Double(number)
      report.layers[index].effectDecibels = Double(number)
      report.layers[index].isolatedDecibels = Double(number)
      report.layers[index].accumulatedDecibels = -Double(number)
      report.layers[index].floatMicroseconds = Double(number)
      report.layers[index].integerMicroseconds = -Double(number)
      report.layers[index].integerByteCount = .max
      report.layers[index].floatByteCount = .min
    }
    for (index, number) in [(5, Double.greatestFiniteMagnitude), (6, -.greatestFiniteMagnitude)] {
      report.layers[index].effectDecibels = number
      report.layers[index].isolatedDecibels = number
    }
    report.outputDecibels = .nan
    report.latency = .init(float: .infinity, integer: 0)
    report.accuracy = .init(
      pictureCount: .max, floatCorrect: .min, integerCorrect: -1, agreementCount: .max)
    report.floatByteCount = .max
    report.integerByteCount = .min
    report.calibrationCount = .min
    return report
  }()

  /// Nothing measured, no layer.
  static let empty = QuantizationReport(
    network: "", method: .init(QuantizationOptions()), calibrationCount: 0, warnings: [],
    layers: [], equalizedPairs: [],
    keptLayers: [], outputDecibels: nil, accuracy: nil, latency: nil, floatByteCount: 0,
    integerByteCount: 0, processor: nil)

  /// No pictures with labels, no times.
  static let unmeasured: QuantizationReport = {
    var report = make()
    report.accuracy = nil
    report.latency = nil
    report.processor = nil
    report.keptLayers = []
    report.equalizedPairs = []
    report.warnings = []
    for index in report.layers.indices {
      report.layers[index].floatMicroseconds = nil
      report.layers[index].integerMicroseconds = nil
      report.layers[index].reading = .fine
    }
    return report
  }()

  static let all: [(String, QuantizationReport)] = [
    ("mobilenetv2", mobileNetV2), ("hostile", hostile), ("empty", empty),
    ("unmeasured", unmeasured),
  ]
}

/// Channels, size and depth of a block: the table of the paper.
private let blocks: [(expansion: Int, channels: Int, count: Int, stride: Int)] = [
  (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
  (6, 320, 1, 1),
]

private struct Maker {
  var random = SplitMix64(state: 7)
  var layers: [QuantizationReport.Layer] = []
  var accumulated = 46.0

  private mutating func uniform(_ lowest: Double, _ highest: Double) -> Double {
    lowest + (highest - lowest) * Double(random.nextFloat())
  }

  mutating func append(
    _ name: String, _ operation: String, weights: Int, bias: Int, isDepthwise: Bool = false
  ) {
    let isRectified = operation.contains("ReLU6")
    let highest = isRectified ? min(6, uniform(2.5, 9)) : uniform(3, 26)
    let lowest = isRectified ? 0 : -uniform(3, 22)
    let isClipped = uniform(0, 1) > 0.3
    let scale = (highest - lowest) / 255 * (isClipped ? uniform(0.9, 0.98) : 1)
    let isolated = isDepthwise ? uniform(27, 38) : uniform(33, 44)
    accumulated = min(accumulated - uniform(-0.35, 0.75), isolated - uniform(0, 2))
    accumulated = max(accumulated, 24)
    let effect = uniform(34, 58)
    let isTimed = weights > 0
    let float = Double(weights) / 900 + uniform(12, 60)
    let layer = QuantizationReport.Layer(
      name: name, operation: operation, isFloat: false, lowest: Float(lowest),
      highest: Float(highest), scale: Float(scale), zeroPoint: Int(-lowest / scale) - 128,
      clippedShare: isClipped ? uniform(0, 0.0015) : 0,
      weightRangeRatio: weights > 0 ? uniform(1.4, isDepthwise ? 38 : 9) : nil,
      effectDecibels: effect, isolatedDecibels: isolated, accumulatedDecibels: accumulated,
      reading: .init(effectDecibels: effect), floatMicroseconds: isTimed ? float : nil,
      integerMicroseconds: isTimed ? float / uniform(isDepthwise ? 0.9 : 1.7, 2.9) : nil,
      floatByteCount: 4 * (weights + bias), integerByteCount: weights + 4 * bias)
    layers.append(layer)
  }
}

private func make() -> QuantizationReport {
  var maker = Maker()
  maker.append(
    "conv_stem", "convolution 3×3 stride 2 + ReLU6", weights: 864, bias: 32)
  var channels = 32
  for (stage, block) in blocks.enumerated() {
    for index in 0..<block.count {
      let name = "blocks.\(stage).\(index)"
      let middle = channels * block.expansion
      if block.expansion > 1 {
        maker.append(
          "\(name).conv_pw", "pointwise \(channels)→\(middle) + ReLU6",
          weights: channels * middle, bias: middle)
      }
      let stride = index == 0 && block.stride == 2 ? " stride 2" : ""
      maker.append(
        "\(name).conv_dw", "depthwise 3×3\(stride) + ReLU6", weights: 9 * middle, bias: middle,
        isDepthwise: true)
      maker.append(
        "\(name).conv_pwl", "pointwise \(middle)→\(block.channels)",
        weights: middle * block.channels, bias: block.channels)
      if index > 0 { maker.append("\(name).add", "add", weights: 0, bias: 0) }
      channels = block.channels
    }
  }
  maker.append(
    "conv_head", "pointwise 320→1280 + ReLU6", weights: 409_600, bias: 1280)
  maker.append("global_pool", "average pool", weights: 0, bias: 0)
  maker.append("classifier", "fully connected 1280→1000", weights: 1_280_000, bias: 1000)
  return finished(maker.layers)
}

private func finished(_ layers: [QuantizationReport.Layer]) -> QuantizationReport {
  var layers = layers
  // The quieter a layer is alone, the worse its effect: nothing may take one for the other.
  for (index, effect, isolated) in [
    (1, 7.4, 21.3), (41, 9.1, 19.8), (2, 15.8, 16.1), (10, 24.2, 14.9), (44, 29.6, 12.2),
  ] {
    layers[index].effectDecibels = effect
    layers[index].isolatedDecibels = isolated
    layers[index].accumulatedDecibels = isolated - 0.9
    layers[index].reading = .init(effectDecibels: effect)
    layers[index].weightRangeRatio = 4000 / (effect * effect)
  }
  // Noisy alone and harmless.
  layers[5].isolatedDecibels = 4.3
  layers[41].lowest = -118
  layers[41].highest = 204
  layers[41].clippedShare = 0.0314
  layers[7].effectDecibels = .infinity
  layers[7].isolatedDecibels = .infinity
  layers[60].isFloat = true
  layers[60].scale = nil
  layers[60].zeroPoint = nil
  layers[60].effectDecibels = nil
  layers[60].isolatedDecibels = nil
  layers[60].reading = .float
  var options = QuantizationOptions()
  options.calibration = .percentile(99.99)
  options.weightScales = .perTensor
  options.equalizes = true
  options.floatLayers = [layers[60].name]
  return QuantizationReport(
    network: "mobilenetv2_100", method: .init(options), calibrationCount: 512,
    warnings: [
      "the calibration pictures cover 4 of 10 classes; ranges may be too narrow for the others",
      "layer blocks.4.1.conv_dw clips 3.14% of its numbers",
    ],
    layers: layers,
    equalizedPairs: [
      .init(first: "blocks.1.0.conv_pw", second: "blocks.1.0.conv_dw", largestFactor: 11.37),
      .init(first: "blocks.1.0.conv_dw", second: "blocks.1.0.conv_pwl", largestFactor: 4.2),
    ],
    keptLayers: [.init(name: layers[60].name, addedMilliseconds: 0.183)],
    outputDecibels: 23.7,
    accuracy: .init(
      pictureCount: 5000, floatCorrect: 4421, integerCorrect: 4402, agreementCount: 4877),
    latency: .init(float: 9.83, integer: 4.61), floatByteCount: 14_021_376,
    integerByteCount: 3_642_240, processor: "Intel(R) Xeon(R) Platinum 8481C @ 2.70GHz")
}
