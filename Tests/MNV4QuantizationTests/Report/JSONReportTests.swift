import Foundation
import Testing

@testable import MNV4Quantization

@Suite struct JSONReportTests {
  private func object(_ report: QuantizationReport) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(report.json()))
    return try #require(value as? [String: Any])
  }

  @Test func keysAreInSnakeCaseAndAllThere() throws {
    let keys: Set = [
      "network", "method", "calibration_count", "warnings", "layers", "equalized_pairs",
      "kept_layers", "output_decibels", "accuracy", "latency_milliseconds", "float_byte_count",
      "integer_byte_count", "processor",
    ]
    let layerKeys: Set = [
      "name", "operation", "is_float", "lowest", "highest", "scale", "zero_point",
      "clipped_share", "weight_range_ratio", "effect_decibels", "isolated_decibels",
      "accumulated_decibels", "reading", "float_microseconds", "integer_microseconds",
      "float_byte_count",
      "integer_byte_count",
    ]
    for (_, report) in SampleReport.all {
      let object = try object(report)
      #expect(Set(object.keys) == keys)
      let layers = try #require(object["layers"] as? [[String: Any]])
      #expect(layers.count == report.layers.count)
      for layer in layers { #expect(Set(layer.keys) == layerKeys) }
    }
  }

  @Test func valuesAreThoseOfTheReport() throws {
    let report = SampleReport.mobileNetV2
    let object = try object(report)
    #expect(object["network"] as? String == "mobilenetv2_100")
    #expect(object["calibration_count"] as? Int == 512)
    let accuracy = try #require(object["accuracy"] as? [String: Int])
    #expect(
      accuracy == [
        "picture_count": 5000, "float_correct": 4421, "integer_correct": 4402,
        "agreement_count": 4877,
      ])
    #expect(
      object["latency_milliseconds"] as? [String: Double] == ["float": 9.83, "integer": 4.61])
    let method = try #require(object["method"] as? [String: Any])
    #expect(
      Set(method.keys) == [
        "calibration", "weight_scales", "rounding", "equalizes", "corrects_bias", "float_layers",
      ])
    #expect(method["calibration"] as? String == "percentile 99.99")
    #expect(method["weight_scales"] as? String == "per-tensor")
    #expect(method["rounding"] as? String == "second-order")
    #expect(method["equalizes"] as? Bool == true)
    #expect(method["corrects_bias"] as? Bool == false)
    #expect(method["float_layers"] as? [String] == report.method.floatLayers)
    let layers = try #require(object["layers"] as? [[String: Any]])
    for (layer, expected) in zip(layers, report.layers) {
      #expect(layer["name"] as? String == expected.name)
      #expect(layer["reading"] as? String == expected.reading.rawValue)
      #expect(layer["zero_point"] as? Int == expected.zeroPoint)
      for (key, number) in [
        ("effect_decibels", expected.effectDecibels),
        ("isolated_decibels", expected.isolatedDecibels),
        ("accumulated_decibels", expected.accumulatedDecibels),
      ] {
        let found = layer[key] as? Double
        #expect(abs((found ?? -1) - (number.flatMap { $0.isFinite ? $0 : nil } ?? -1)) < 1e-9)
      }
      #expect((layer["lowest"] as? NSNumber)?.floatValue == expected.lowest)
      // Foundation's parser may be off in the last digit.
      let time = layer["float_microseconds"] as? Double
      #expect(abs((time ?? -1) - (expected.floatMicroseconds ?? -1)) < 1e-9)
    }
  }

  @Test func numbersThatJSONLacksAreNull() throws {
    let layers = try #require(try object(SampleReport.hostile)["layers"] as? [[String: Any]])
    for key in [
      "lowest", "highest", "scale", "effect_decibels", "isolated_decibels", "clipped_share",
    ] {
      for index in 0..<3 { #expect(layers[index][key] is NSNull) }
      #expect(layers[3][key] is NSNumber)
    }
    let exact = try #require(try object(SampleReport.mobileNetV2)["layers"] as? [[String: Any]])[7]
    #expect(exact["effect_decibels"] is NSNull)
    #expect(exact["reading"] as? String == "fine")
  }

  @Test func equalReportsGiveEqualBytes() throws {
    let bytes = try SampleReport.mobileNetV2.json()
    #expect(bytes == (try SampleReport.mobileNetV2.json()))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("{\n"))
    #expect(text.hasSuffix("}\n"))
    let places = try ["\"accuracy\"", "\"calibration_count\"", "\"layers\"", "\"warnings\""].map {
      try #require(text.range(of: $0)?.lowerBound)
    }
    #expect(places == places.sorted())
  }
}
