internal import MNV4Core
internal import MNV4Graph

/// What values and constants have in common: element type, shape, quantization parameters.
enum TensorCoding {
  struct Description {
    var elementType: ElementType
    var shape: Shape
    var quantization: QuantizationParameters?
  }

  /// The fewest bytes that a description takes: type, rank, one extent, no quantization.
  static let minimumByteCount = 7

  /// How many scales follow.
  private enum Granularity: UInt8, CaseIterable {
    case none = 0
    case tensor = 1
    case axis = 2
  }

  // MARK: Reading

  static func decode(_ reader: inout ByteReader) throws(FormatError) -> Description {
    let type = try reader.code(ElementType.self, "element type")
    let shape = try decodeShape(&reader)
    return Description(
      elementType: type, shape: shape,
      quantization: try decodeQuantization(&reader, type: type, shape: shape))
  }

  static func decodeShape(_ reader: inout ByteReader) throws(FormatError) -> Shape {
    let start = reader.position
    let rank = try reader.count(
      UInt8.self, "rank", in: 1...Shape.maximumRank, minimumByteCount: 4)
    let dimensions = try reader.array(of: UInt32.self, count: rank, "shape") { Int($0) }
    do throws(ShapeError) { return try Shape(dimensions) } catch {
      throw reader.failure("shape", at: start, .shape(error))
    }
  }

  private static func decodeQuantization(
    _ reader: inout ByteReader, type: ElementType, shape: Shape
  ) throws(FormatError) -> QuantizationParameters? {
    let start = reader.position
    var axis: Int?
    let scales: [Float]
    let zeroPoints: [Int32]
    switch try reader.code(Granularity.self, "quantization granularity") {
    case .none: return nil
    case .tensor:
      scales = [try reader.float("scale")]
      zeroPoints = [try reader.integer(Int32.self, "zero point")]
    case .axis:
      axis = Int(try reader.integer(UInt8.self, "quantization axis"))
      let hasZeroPoints = try reader.boolean("zero point presence")
      let count = try reader.count(
        UInt32.self, "scale count", in: 1...Shape.maximumElementCount,
        minimumByteCount: hasZeroPoints ? 8 : 4)
      scales = try reader.array(of: UInt32.self, count: count, "scales", Float.init(bitPattern:))
      if hasZeroPoints {
        zeroPoints = try reader.array(of: Int32.self, count: count, "zero points") { $0 }
        guard zeroPoints.contains(where: { $0 != 0 }) else {
          throw reader.failure(
            "zero point presence", at: start + 2, expected: "0 where all are zero", found: "1")
        }
      } else {
        zeroPoints = [Int32](repeating: 0, count: count)
      }
    }
    do throws(QuantizationError) {
      return try QuantizationParameters(
        scales: scales, zeroPoints: zeroPoints, axis: axis, shape: shape, elementType: type)
    } catch {
      throw reader.failure("quantization", at: start, .quantization(error))
    }
  }

  // MARK: Writing

  static func encode(_ tensor: Description, to writer: inout ByteWriter) throws(FormatError) {
    writer.code(tensor.elementType)
    try encode(tensor.shape, to: &writer)
    guard let quantization = tensor.quantization else {
      writer.code(Granularity.none)
      return
    }
    guard let axis = quantization.axis else {
      writer.code(Granularity.tensor)
      writer.integer(quantization.scales[0].bitPattern)
      writer.integer(quantization.zeroPoints[0])
      return
    }
    let hasZeroPoints = quantization.zeroPoints.contains { $0 != 0 }
    writer.code(Granularity.axis)
    try writer.integer(axis, as: UInt8.self, "quantization axis")
    writer.boolean(hasZeroPoints)
    try writer.integer(quantization.scales.count, as: UInt32.self, "scale count")
    for scale in quantization.scales { writer.integer(scale.bitPattern) }
    guard hasZeroPoints else { return }
    for zeroPoint in quantization.zeroPoints { writer.integer(zeroPoint) }
  }

  static func encode(_ shape: Shape, to writer: inout ByteWriter) throws(FormatError) {
    try writer.integer(shape.rank, as: UInt8.self, "rank")
    for dimension in shape.dimensions {
      try writer.integer(dimension, as: UInt32.self, "shape")
    }
  }
}
