import MNV4Core
import MNV4Graph
import MNV4Import
import Testing

@Suite struct SafetensorsFloatsTests {
  /// Every pattern of 16 bits whose exponent field is not all ones.
  private static func finitePatterns(exponentMask: UInt16) -> [UInt16] {
    (UInt16.min...UInt16.max).filter { $0 & exponentMask != exponentMask }
  }

  private func floats(_ type: String, _ data: [UInt8], count: Int) throws -> [Float] {
    try Samples.read(Samples.file(type, [count], data: data)).floats(at: 0)
  }

  @Test func everyFloat16IsExact() throws {
    let patterns = Self.finitePatterns(exponentMask: 0x7C00)
    let found = try floats("F16", Samples.bytes(patterns), count: patterns.count)
    let expected = patterns.map { bits in
      // IEEE 754-2019, section 3.4: fraction · 2⁻²⁴, or (1 + fraction · 2⁻¹⁰) · 2^(exponent − 15).
      let exponent = Int(bits >> 10 & 31)
      let fraction = Double(bits & 1023)
      let magnitude =
        exponent == 0
        ? fraction * 0x1p-24
        : Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
      return Float(bits >> 15 == 1 ? -magnitude : magnitude).bitPattern
    }
    #expect(found.map(\.bitPattern) == expected)
  }

  @Test func everyBFloat16IsExact() throws {
    let patterns = Self.finitePatterns(exponentMask: 0x7F80)
    let found = try floats("BF16", Samples.bytes(patterns), count: patterns.count)
    #expect(found.map(\.bitPattern) == patterns.map { UInt32($0) << 16 })
  }

  @Test func float32IsKeptAndFloat64IsRounded() throws {
    let singles: [Float] = [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1.5, .pi]
    let kept = try floats(
      "F32", Samples.bytes(singles.map(\.bitPattern)), count: singles.count)
    #expect(kept.map(\.bitPattern) == singles.map(\.bitPattern))
    let doubles: [Double] = [0.1, -1e-60, 1 + 0x1p-24, 1 + 0x1.8p-23, 3.4e38]
    let rounded = try floats(
      "F64", Samples.bytes(doubles.map(\.bitPattern)), count: doubles.count)
    #expect(rounded == [0.1, -0.0, 1, 1 + 0x1p-22, 3.4e38])
  }

  @Test func unalignedTensorsAreRead() throws {
    let values: [Float] = [1, -2, 3.25]
    let header =
      #"{"p":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""w":{"dtype":"F32","shape":[3],"data_offsets":[1,13]}}"#
    for padding in 0..<4 {
      let file = try Samples.read(
        Samples.file(
          header + String(repeating: " ", count: padding),
          data: [7] + Samples.bytes(values.map(\.bitPattern))))
      #expect(try file.floats(at: 1) == values)
    }
  }

  /// Element type, a finite element and one that is not, the latter for the message.
  private static let notFinite: [(String, [UInt8], String)] = [
    ("F32", Samples.bytes([Float(1).bitPattern, Float.nan.bitPattern]), "nan"),
    ("F32", Samples.bytes([Float(1).bitPattern, (-Float.infinity).bitPattern]), "-inf"),
    ("F16", Samples.bytes([0x3C00, 0x7C00] as [UInt16]), "inf"),
    ("F16", Samples.bytes([0x3C00, 0xFC01] as [UInt16]), "-nan"),
    ("BF16", Samples.bytes([0x3F80, 0xFF80] as [UInt16]), "-inf"),
    ("BF16", Samples.bytes([0x3F80, 0x7FC0] as [UInt16]), "nan"),
    ("F64", Samples.bytes([Double(1).bitPattern, Double.nan.bitPattern]), "nan"),
    ("F64", Samples.bytes([Double(1).bitPattern, Double(1e39).bitPattern]), "inf"),
  ]

  @Test(arguments: notFinite)
  func valuesThatAreNotFiniteAreRefused(type: String, data: [UInt8], found: String) throws {
    let file = try Samples.read(Samples.file(type, [2], data: data))
    let error = #expect(throws: WeightError.self) { try file.floats(at: 0) }
    guard case .notFinite(key: "w", index: 1, found: let text) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.contains(found.contains("nan") ? "nan" : found))
  }
}
