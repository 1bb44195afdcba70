internal import MNV4Core

/// One tensor of a file: a constant where it has bytes, else computed.
struct TFLiteTensor {
  let name: String
  /// Outermost first; empty for a scalar.
  let shape: [Int]
  /// The shape with −1 for each extent that may change; empty where none may.
  let shapeSignature: [Int]
  let elementType: TFLiteElementType
  let quantization: TFLiteQuantization?
  /// Keeps its value from one run to the next.
  let isVariable: Bool
  let isSparse: Bool
  /// In the file; empty for a tensor that is computed.
  let byteRange: Range<Int>

  var isConstant: Bool { !byteRange.isEmpty }

  init(_ table: FlatBufferTable, buffers: [TFLiteBuffer]) throws(FlatBufferError) {
    typealias Tensor = TFLiteSchema.Tensor
    name = try table.string(Tensor.name) ?? ""
    shape = try table.integers(Tensor.shape, of: Int32.self)?.map(Int.init) ?? []
    shapeSignature =
      try table.integers(Tensor.shapeSignature, of: Int32.self)?.map(Int.init) ?? []
    let type: Int8 = try table.integer(Tensor.type, default: 0)
    guard let elementType = TFLiteElementType(rawValue: type) else {
      throw .value(
        field: table.path(of: Tensor.type), expected: "an element type of the schema",
        found: "\(type)")
    }
    self.elementType = elementType
    if let quantization = try table.table(Tensor.quantization) {
      self.quantization = try TFLiteQuantization(quantization)
    } else {
      quantization = nil
    }
    isVariable = try table.flag(Tensor.isVariable, default: false)
    isSparse = try table.has(Tensor.sparsity)
    let buffer: UInt32 = try table.integer(Tensor.buffer, default: 0)
    guard buffer < buffers.count else {
      throw .value(
        field: table.path(of: Tensor.buffer), expected: "one of \(buffers.count) buffers",
        found: "\(buffer)")
    }
    byteRange = buffers[Int(buffer)].byteRange
  }
}

/// `real = scale · (integer − zero point)`, one pair for all elements or one for each index of a
/// dimension.
struct TFLiteQuantization {
  /// At least one.
  let scales: [Float]
  /// As many as scales.
  let zeroPoints: [Int64]
  /// What the pairs run along where there are several.
  let dimension: Int

  /// Nil where the table holds no scales: a range that was observed in training is of no use here.
  init?(_ table: FlatBufferTable) throws(FlatBufferError) {
    typealias Quantization = TFLiteSchema.Quantization
    let details: UInt8 = try table.integer(Quantization.detailsType, default: 0)
    guard details == 0 else {
      throw .value(
        field: table.path(of: Quantization.detailsType), expected: "0, scales and zero points",
        found: "\(details)")
    }
    dimension = Int(try table.integer(Quantization.quantizedDimension, default: 0 as Int32))
    scales = try table.floats(Quantization.scale) ?? []
    let zeroPoints = try table.integers(Quantization.zeroPoint, of: Int64.self) ?? []
    guard !scales.isEmpty else { return nil }
    switch zeroPoints.count {
    case scales.count: self.zeroPoints = zeroPoints
    case 1: self.zeroPoints = Array(repeating: zeroPoints[0], count: scales.count)
    default:
      throw .value(
        field: table.path(of: Quantization.zeroPoint), expected: "\(scales.count) or one",
        found: "\(zeroPoints.count)")
    }
  }
}
