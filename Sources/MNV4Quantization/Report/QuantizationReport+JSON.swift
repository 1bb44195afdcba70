public import MNV4

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension QuantizationReport {
  /// The report for programs: one JSON object in UTF-8, indented, keys in snake case and in
  /// alphabetical order. Every key is there; a number that is not known or not finite is null, and a
  /// layer's `reading` tells which: signal to noise without any noise reads `fine`.
  public func json() throws(MNV4Error) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do { return Array(try encoder.encode(Document(self))) + Array("\n".utf8) } catch {
      throw MNV4Error(.invalidArgument, "cannot write the report as JSON: \(error)")
    }
  }
}

/// A number or null.
private struct Number<Value: Encodable & BinaryFloatingPoint>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value, value.isFinite { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// A value or null, where the encoder would leave the key out.
private struct Nullable<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

private struct Document: Encodable {
  let network: String
  let method: Method
  let calibrationCount: Int
  let warnings: [String]
  let layers: [Layer]
  let equalizedPairs: [EqualizedPair]
  let keptLayers: [KeptLayer]
  let outputDecibels: Number<Double>
  let accuracy: Nullable<Accuracy>
  let latencyMilliseconds: Nullable<Latency>
  let floatByteCount: Int
  let integerByteCount: Int
  let processor: Nullable<String>

  init(_ report: QuantizationReport) {
    network = report.network
    method = Method(report.method)
    calibrationCount = report.calibrationCount
    warnings = report.warnings
    layers = report.layers.map(Layer.init)
    equalizedPairs = report.equalizedPairs.map(EqualizedPair.init)
    keptLayers = report.keptLayers.map(KeptLayer.init)
    outputDecibels = Number(report.outputDecibels)
    accuracy = Nullable(report.accuracy.map(Accuracy.init))
    latencyMilliseconds = Nullable(report.latency.map(Latency.init))
    floatByteCount = report.floatByteCount
    integerByteCount = report.integerByteCount
    processor = Nullable(report.processor)
  }

  struct Method: Encodable {
    let calibration: String
    let weightScales: String
    let rounding: String
    let equalizes: Bool
    let correctsBias: Bool
    let floatLayers: [String]

    init(_ method: QuantizationReport.Method) {
      calibration = method.calibration.name
      weightScales = method.weightScales.rawValue
      rounding = method.rounding.rawValue
      equalizes = method.equalizes
      correctsBias = method.correctsBias
      floatLayers = method.floatLayers
    }
  }

  struct Accuracy: Encodable {
    let pictureCount: Int
    let floatCorrect: Int
    let integerCorrect: Int
    let agreementCount: Int

    init(_ accuracy: QuantizationReport.Accuracy) {
      pictureCount = accuracy.pictureCount
      floatCorrect = accuracy.floatCorrect
      integerCorrect = accuracy.integerCorrect
      agreementCount = accuracy.agreementCount
    }
  }

  struct Latency: Encodable {
    let float: Number<Double>
    let integer: Number<Double>

    init(_ latency: QuantizationReport.Latency) {
      float = Number(latency.float)
      integer = Number(latency.integer)
    }
  }

  struct EqualizedPair: Encodable {
    let first: String
    let second: String
    let largestFactor: Number<Double>

    init(_ pair: QuantizationReport.EqualizedPair) {
      first = pair.first
      second = pair.second
      largestFactor = Number(pair.largestFactor)
    }
  }

  struct KeptLayer: Encodable {
    let name: String
    let addedMilliseconds: Number<Double>

    init(_ layer: QuantizationReport.KeptLayer) {
      name = layer.name
      addedMilliseconds = Number(layer.addedMilliseconds)
    }
  }

  struct Layer: Encodable {
    let name: String
    let operation: String
    let isFloat: Bool
    let lowest: Number<Float>
    let highest: Number<Float>
    let scale: Number<Float>
    let zeroPoint: Nullable<Int>
    let clippedShare: Number<Double>
    let weightRangeRatio: Number<Double>
    let effectDecibels: Number<Double>
    let isolatedDecibels: Number<Double>
    let accumulatedDecibels: Number<Double>
    let reading: String
    let floatMicroseconds: Number<Double>
    let integerMicroseconds: Number<Double>
    let floatByteCount: Int
    let integerByteCount: Int

    init(_ layer: QuantizationReport.Layer) {
      name = layer.name
      operation = layer.operation
      isFloat = layer.isFloat
      lowest = Number(layer.lowest)
      highest = Number(layer.highest)
      scale = Number(layer.scale)
      zeroPoint = Nullable(layer.zeroPoint)
      clippedShare = Number(layer.clippedShare)
      weightRangeRatio = Number(layer.weightRangeRatio)
      effectDecibels = Number(layer.effectDecibels)
      isolatedDecibels = Number(layer.isolatedDecibels)
      accumulatedDecibels = Number(layer.accumulatedDecibels)
      reading = layer.reading.rawValue
      floatMicroseconds = Number(layer.floatMicroseconds)
      integerMicroseconds = Number(layer.integerMicroseconds)
      floatByteCount = layer.floatByteCount
      integerByteCount = layer.integerByteCount
    }
  }
}
