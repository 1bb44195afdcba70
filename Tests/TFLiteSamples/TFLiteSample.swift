/// A TensorFlow Lite file in the making: small networks for tests, right and wrong.
package struct TFLiteSample {
  /// By the schema's numbers.
  package enum ElementType: Int {
    case float32 = 0
    case float16 = 1
    case int32 = 2
    case uint8 = 3
    case int64 = 4
    case int16 = 7
    case int8 = 9
  }

  package struct Quantization {
    package var scales: [Float]
    package var zeroPoints: [Int]
    package var dimension: Int

    package init(_ scales: [Float], _ zeroPoints: [Int], dimension: Int = 0) {
      self.scales = scales
      self.zeroPoints = zeroPoints
      self.dimension = dimension
    }

    /// One pair for all.
    package init(_ scale: Float, _ zeroPoint: Int) { self.init([scale], [zeroPoint]) }
  }

  package struct Tensor {
    package var name: String
    package var shape: [Int]
    package var type: ElementType
    package var quantization: Quantization?
    /// Nil for a tensor that is computed.
    package var data: [UInt8]?
    package var shapeSignature: [Int]?
    package var isVariable = false
    package var isSparse = false
  }

  package struct Operator {
    package var code: Int
    package var inputs: [Int]
    package var outputs: [Int]
    package var optionsType = 0
    package var options: [FlatBufferValue?] = []
    package var customCode: String?
  }

  package var tensors: [Tensor] = []
  package var operators: [Operator] = []
  package var inputs: [Int] = []
  package var outputs: [Int] = []
  package var version = 3
  package var subgraphCount = 1

  package init() {}

  // MARK: Tensors

  /// Appends a tensor that is computed.
  package mutating func value(
    _ shape: [Int], _ type: ElementType = .float32, _ quantization: Quantization? = nil,
    name: String? = nil
  ) -> Int {
    append(shape, type, quantization, data: nil, name: name)
  }

  package mutating func constant(
    _ shape: [Int], _ elements: [Float], name: String? = nil
  ) -> Int {
    append(
      shape, .float32, nil,
      data: elements.flatMap { FlatBufferValue.bytes(of: $0.bitPattern) }, name: name)
  }

  package mutating func constant<Element: FixedWidthInteger>(
    _ shape: [Int], _ type: ElementType, _ elements: [Element],
    _ quantization: Quantization? = nil
  ) -> Int {
    append(
      shape, type, quantization, data: elements.flatMap { FlatBufferValue.bytes(of: $0) },
      name: nil)
  }

  /// Whole numbers, such as axes or a shape.
  package mutating func integers(_ values: [Int32], shape: [Int]? = nil) -> Int {
    constant(shape ?? [values.count], .int32, values)
  }

  private mutating func append(
    _ shape: [Int], _ type: ElementType, _ quantization: Quantization?, data: [UInt8]?,
    name: String?
  ) -> Int {
    tensors.append(
      Tensor(
        name: name ?? "t\(tensors.count)", shape: shape, type: type, quantization: quantization,
        data: data))
    return tensors.count - 1
  }

  // MARK: Bytes

  package var bytes: [UInt8] { FlatBufferWriter.file(model, identifier: "TFL3") }

  private var model: FlatBufferValue {
    .table([
      .int32(version),
      .tables(operators.map(operatorCode)),
      .tables(Array(repeating: subgraph, count: subgraphCount)),
      .string("sample"),
      .tables([.table([])] + tensors.map(buffer)),
    ])
  }

  private func operatorCode(_ step: Operator) -> FlatBufferValue {
    .table([
      .byte(min(step.code, 127)), step.customCode.map { .string($0) }, .int32(1),
      .int32(step.code),
    ])
  }

  private func buffer(_ tensor: Tensor) -> FlatBufferValue {
    .table([tensor.data.map { .vector($0, elementByteCount: 1) }])
  }

  private var subgraph: FlatBufferValue {
    .table([
      .tables(tensors.enumerated().map { table($1, buffer: $0 + 1) }),
      .int32s(inputs), .int32s(outputs),
      .tables(operators.enumerated().map { table($1, code: $0) }),
      .string("main"),
    ])
  }

  private func table(_ tensor: Tensor, buffer: Int) -> FlatBufferValue {
    .table([
      .int32s(tensor.shape), .byte(tensor.type.rawValue), .int32(buffer), .string(tensor.name),
      tensor.quantization.map {
        .table([
          nil, nil, .floats($0.scales), .int64s($0.zeroPoints), nil, nil, .int32($0.dimension),
        ])
      },
      tensor.isVariable ? .byte(1) : nil,
      tensor.isSparse ? .table([]) : nil,
      tensor.shapeSignature.map { .int32s($0) },
    ])
  }

  private func table(_ step: Operator, code: Int) -> FlatBufferValue {
    .table([
      .int32(code), .int32s(step.inputs), .int32s(step.outputs),
      step.optionsType == 0 ? nil : .byte(step.optionsType),
      step.optionsType == 0 ? nil : .table(step.options),
    ])
  }
}
