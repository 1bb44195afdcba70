internal import MNV4Graph

/// An operation's record: its code, the byte count of its attributes, the attributes.
enum OperationCoding {
  // MARK: Reading

  static func decode(_ reader: inout ByteReader) throws(FormatError) -> Operation {
    let code = try reader.code(OperationCode.self, "operation code")
    let lengthOffset = reader.position
    let byteCount = Int(try reader.integer(UInt16.self, "attribute byte count"))
    let start = reader.position
    let operation = try decodeAttributes(of: code, &reader)
    let read = reader.position - start
    guard read == byteCount else {
      throw reader.failure(
        "attribute byte count", at: lengthOffset, expected: "\(read)", found: "\(byteCount)")
    }
    return operation
  }

  private static func decodeAttributes(
    of code: OperationCode, _ reader: inout ByteReader
  ) throws(FormatError) -> Operation {
    switch code {
    case .convolution: return .convolution(try decodeConvolution(&reader))
    case .fullyConnected:
      return .fullyConnected(
        FullyConnected(
          weights: try constant(&reader, "weights"), bias: try optionalConstant(&reader, "bias"),
          activation: try reader.code(Activation.self, "activation")))
    case .batchNormalization:
      return .batchNormalization(
        BatchNormalization(
          scale: try constant(&reader, "scale"), shift: try constant(&reader, "shift"),
          mean: try constant(&reader, "mean"), variance: try constant(&reader, "variance"),
          epsilon: try reader.float("epsilon")))
    case .channelScale:
      return .channelScale(ChannelScale(scale: try constant(&reader, "scale")))
    case .activation: return .activation(try reader.code(Activation.self, "activation"))
    case .add:
      let channelCount = Int(try reader.integer(UInt32.self, "channel count"))
      return .add(
        Add(
          channelCount: channelCount == 0 ? nil : channelCount,
          activation: try reader.code(Activation.self, "activation")))
    case .multiply:
      return .multiply(Multiply(activation: try reader.code(Activation.self, "activation")))
    case .globalAveragePool: return .globalAveragePool
    case .averagePool:
      return .averagePool(
        AveragePool(
          kernel: try extent(&reader, "kernel"), stride: try extent(&reader, "stride"),
          padding: try padding(&reader)))
    case .slice:
      return .slice(
        Slice(
          start: Int(try reader.integer(UInt32.self, "start")),
          count: Int(try reader.integer(UInt32.self, "count"))))
    case .concatenation: return .concatenation
    case .matrixProduct:
      return .matrixProduct(
        MatrixProduct(
          transposesRight: try reader.boolean("transposes right"),
          scale: try reader.float("scale")))
    case .softmax: return .softmax
    case .reshape: return .reshape(try TensorCoding.decodeShape(&reader))
    case .pad: return .pad(try padding(&reader))
    case .resizeBilinear:
      return .resizeBilinear(
        ResizeBilinear(
          height: Int(try reader.integer(UInt32.self, "height")),
          width: Int(try reader.integer(UInt32.self, "width")),
          alignsCorners: try reader.boolean("aligns corners"),
          usesHalfPixelCenters: try reader.boolean("half-pixel centers")))
    case .quantize: return .quantize
    case .dequantize: return .dequantize
    }
  }

  private static func decodeConvolution(
    _ reader: inout ByteReader
  ) throws(FormatError) -> Convolution {
    Convolution(
      weights: try constant(&reader, "weights"), bias: try optionalConstant(&reader, "bias"),
      kernel: try extent(&reader, "kernel"), stride: try extent(&reader, "stride"),
      padding: try padding(&reader), groups: Int(try reader.integer(UInt32.self, "groups")),
      activation: try reader.code(Activation.self, "activation"),
      residual: try reader.boolean("residual presence") ? .whole : .none)
  }

  private static func constant(
    _ reader: inout ByteReader, _ field: StaticString
  ) throws(FormatError) -> ConstantID {
    ConstantID(Int(try reader.integer(UInt32.self, field)))
  }

  private static func optionalConstant(
    _ reader: inout ByteReader, _ field: StaticString
  ) throws(FormatError) -> ConstantID? {
    let id = try reader.integer(UInt32.self, field)
    return id == OperationCode.noConstant ? nil : ConstantID(Int(id))
  }

  private static func extent(
    _ reader: inout ByteReader, _ field: StaticString
  ) throws(FormatError) -> Extent {
    Extent(
      Int(try reader.integer(UInt16.self, field)), Int(try reader.integer(UInt16.self, field)))
  }

  private static func padding(_ reader: inout ByteReader) throws(FormatError) -> Padding {
    Padding(
      top: Int(try reader.integer(UInt16.self, "padding")),
      left: Int(try reader.integer(UInt16.self, "padding")),
      bottom: Int(try reader.integer(UInt16.self, "padding")),
      right: Int(try reader.integer(UInt16.self, "padding")))
  }
}

// MARK: Writing

extension OperationCoding {
  static func encode(_ operation: Operation, to writer: inout ByteWriter) throws(FormatError) {
    var attributes = writer.empty()
    try encodeAttributes(of: operation, to: &attributes)
    writer.code(OperationCode(operation))
    try writer.integer(attributes.bytes.count, as: UInt16.self, "attribute byte count")
    writer.append(attributes.bytes)
  }

  private static func encodeAttributes(
    of operation: Operation, to writer: inout ByteWriter
  ) throws(FormatError) {
    switch operation {
    case .convolution(let convolution): try encode(convolution, to: &writer)
    case .fullyConnected(let layer):
      try encode(layer.weights, "weights", to: &writer)
      try encode(layer.bias, "bias", to: &writer)
      writer.code(layer.activation)
    case .batchNormalization(let normalization):
      try encode(normalization.scale, "scale", to: &writer)
      try encode(normalization.shift, "shift", to: &writer)
      try encode(normalization.mean, "mean", to: &writer)
      try encode(normalization.variance, "variance", to: &writer)
      writer.integer(normalization.epsilon.bitPattern)
    case .channelScale(let scaling): try encode(scaling.scale, "scale", to: &writer)
    case .activation(let function): writer.code(function)
    case .add(let add):
      try writer.integer(add.channelCount ?? 0, as: UInt32.self, "channel count")
      writer.code(add.activation)
    case .multiply(let multiply): writer.code(multiply.activation)
    case .averagePool(let pool):
      try encode(pool.kernel, "kernel", to: &writer)
      try encode(pool.stride, "stride", to: &writer)
      try encode(pool.padding, to: &writer)
    case .slice(let slice):
      try writer.integer(slice.start, as: UInt32.self, "start")
      try writer.integer(slice.count, as: UInt32.self, "count")
    case .matrixProduct(let product):
      writer.boolean(product.transposesRight)
      writer.integer(product.scale.bitPattern)
    case .reshape(let shape): try TensorCoding.encode(shape, to: &writer)
    case .pad(let padding): try encode(padding, to: &writer)
    case .resizeBilinear(let resize):
      try writer.integer(resize.height, as: UInt32.self, "height")
      try writer.integer(resize.width, as: UInt32.self, "width")
      writer.boolean(resize.alignsCorners)
      writer.boolean(resize.usesHalfPixelCenters)
    case .globalAveragePool, .concatenation, .softmax, .quantize, .dequantize: break
    }
  }

  private static func encode(
    _ convolution: Convolution, to writer: inout ByteWriter
  ) throws(FormatError) {
    try encode(convolution.weights, "weights", to: &writer)
    try encode(convolution.bias, "bias", to: &writer)
    try encode(convolution.kernel, "kernel", to: &writer)
    try encode(convolution.stride, "stride", to: &writer)
    try encode(convolution.padding, to: &writer)
    try writer.integer(convolution.groups, as: UInt32.self, "groups")
    writer.code(convolution.activation)
    if case .channels(let count) = convolution.residual {
      throw .field(
        .section(.graph), "residual", offset: nil, expected: "all channels or none",
        found: "\(count) channels")
    }
    writer.boolean(convolution.hasResidual)
  }

  private static func encode(
    _ constant: ConstantID?, _ field: String, to writer: inout ByteWriter
  ) throws(FormatError) {
    guard let constant else { return writer.integer(OperationCode.noConstant) }
    try writer.integer(constant.index, as: UInt32.self, field)
  }

  private static func encode(
    _ extent: Extent, _ field: String, to writer: inout ByteWriter
  ) throws(FormatError) {
    try writer.integer(extent.height, as: UInt16.self, field)
    try writer.integer(extent.width, as: UInt16.self, field)
  }

  private static func encode(
    _ padding: Padding, to writer: inout ByteWriter
  ) throws(FormatError) {
    for side in [padding.top, padding.left, padding.bottom, padding.right] {
      try writer.integer(side, as: UInt16.self, "padding")
    }
  }
}
