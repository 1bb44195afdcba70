import Foundation
import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// The network of the repository, on the picture of the repository.
@Suite struct BundledNetworkTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  #if DEBUG
    private static let calibrations: [QuantizationOptions.Calibration] = [.minmax]
  #else
    private static let calibrations: [QuantizationOptions.Calibration] = [
      .minmax, .percentile(99.9), .entropy, .mse,
    ]
  #endif

  @Test(arguments: calibrations) func everyCalibrator(
    _ calibration: QuantizationOptions.Calibration
  ) throws {
    let model = try Model(
      contentsOfFile: "\(Self.root)/models/mobilenetv4_conv_small_cifar10.mnv4")
    let picture = "\(Self.root)/Examples/pictures/chelsea.png"
    var options = QuantizationOptions.quick
    options.calibration = calibration
    let quantized = try NetworkQuantizer(model, options: options).quantize(
      on: CalibrationInputs(pictures: [picture, picture], for: model))
    let report = quantized.report
    #expect(report.integerByteCount * 100 <= report.floatByteCount * 27)
    #expect(try #require(report.outputDecibels) > 20)
    #expect(quantized.file.graph.floatNodeNames == [])
    #expect(report.warnings.contains("repeated calibration pictures: \(picture)"))
    #expect(quantized.file.labels == model.labels)
    #expect(quantized.file.preprocessing == model.file.preprocessing)
    for key in model.provenance.map(\.key) {
      #expect(quantized.model.provenance.contains { $0.key == key })
    }
    try expectOneOutput(quantized.model)
    let path = FileManager.default.temporaryDirectory.path + "/mnv4-\(UUID().uuidString).mnv4"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try quantized.write(toFile: path)
    #expect(try Model(contentsOfFile: path).file.encoded == quantized.file.encoded)
  }
}
