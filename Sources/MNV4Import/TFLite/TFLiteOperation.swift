/// What an operator computes, with its options.
enum TFLiteOperation: Hashable {
  case convolution(TFLiteWindow)
  case depthwiseConvolution(TFLiteWindow)
  case averagePool(TFLiteWindow)
  case fullyConnected(TFLiteActivation, weightsFormat: Int8, keepsDimensions: Bool)
  case add(TFLiteActivation)
  case multiply(TFLiteActivation)
  case concatenation(axis: Int, TFLiteActivation)
  case mean(keepsDimensions: Bool)
  case softmax(beta: Float)
  case relu
  case relu6
  case hardSwish
  case logistic
  case pad
  case reshape(newShape: [Int]?)
  case squeeze
  case quantize
  case dequantize
  case resizeBilinear(alignsCorners: Bool, hasHalfPixelCenters: Bool)
  /// One that a list of extents is computed with.
  case shape
  /// One that is not taken.
  case other

  /// - Parameter missing: the field of the options, for the message where they are needed and nil.
  init(
    _ kind: TFLiteOperatorKind, _ options: FlatBufferTable?, missing: String
  ) throws(FlatBufferError) {
    typealias Schema = TFLiteSchema
    func required() throws(FlatBufferError) -> FlatBufferTable {
      guard let options else { throw .missingField(missing) }
      return options
    }
    switch kind {
    case .conv2D: self = .convolution(try TFLiteWindow(convolution: required()))
    case .depthwiseConv2D: self = .depthwiseConvolution(try TFLiteWindow(depthwise: required()))
    case .averagePool2D: self = .averagePool(try TFLiteWindow(pool: required()))
    case .fullyConnected:
      let options = try required()
      self = .fullyConnected(
        try options.activation(Schema.FullyConnected.activation),
        weightsFormat: try options.integer(Schema.FullyConnected.weightsFormat, default: 0),
        keepsDimensions: try options.flag(Schema.FullyConnected.keepsDimensions, default: false))
    case .add: self = .add(try options?.activation(Schema.Arithmetic.activation) ?? .none)
    case .mul: self = .multiply(try options?.activation(Schema.Arithmetic.activation) ?? .none)
    case .concatenation:
      let options = try required()
      self = .concatenation(
        axis: Int(try options.integer(Schema.Concatenation.axis, default: 0 as Int32)),
        try options.activation(Schema.Concatenation.activation))
    case .mean:
      self = .mean(
        keepsDimensions: try required().flag(Schema.Reducer.keepsDimensions, default: false))
    case .softmax: self = .softmax(beta: try required().float(Schema.Softmax.beta, default: 0))
    case .reshape:
      self = .reshape(
        newShape: try options?.integers(Schema.Reshape.newShape, of: Int32.self)?.map(Int.init))
    case .resizeBilinear:
      let options = try required()
      self = .resizeBilinear(
        alignsCorners: try options.flag(Schema.ResizeBilinear.alignsCorners, default: false),
        hasHalfPixelCenters: try options.flag(
          Schema.ResizeBilinear.hasHalfPixelCenters, default: false))
    case .relu: self = .relu
    case .relu6: self = .relu6
    case .hardSwish: self = .hardSwish
    case .logistic: self = .logistic
    case .pad, .padV2: self = .pad
    case .squeeze: self = .squeeze
    case .quantize: self = .quantize
    case .dequantize: self = .dequantize
    case .shape, .stridedSlice, .pack: self = .shape
    }
  }
}

/// A filter that slides over an image, and what follows it.
struct TFLiteWindow: Hashable {
  let padding: TFLitePadding
  let strideHeight: Int
  let strideWidth: Int
  let dilationHeight: Int
  let dilationWidth: Int
  /// Of a pool; 0 for a convolution, whose weights say it.
  let filterHeight: Int
  let filterWidth: Int
  let activation: TFLiteActivation

  init(convolution table: FlatBufferTable) throws(FlatBufferError) {
    typealias Options = TFLiteSchema.Convolution
    padding = try table.padding(Options.padding)
    strideHeight = try table.count(Options.strideHeight, default: 0)
    strideWidth = try table.count(Options.strideWidth, default: 0)
    dilationHeight = try table.count(Options.dilationHeight, default: 1)
    dilationWidth = try table.count(Options.dilationWidth, default: 1)
    filterHeight = 0
    filterWidth = 0
    activation = try table.activation(Options.activation)
  }

  /// The depth multiplier is left out: the shapes say it, and some writers leave it 0.
  init(depthwise table: FlatBufferTable) throws(FlatBufferError) {
    typealias Options = TFLiteSchema.DepthwiseConvolution
    padding = try table.padding(Options.padding)
    strideHeight = try table.count(Options.strideHeight, default: 0)
    strideWidth = try table.count(Options.strideWidth, default: 0)
    dilationHeight = try table.count(Options.dilationHeight, default: 1)
    dilationWidth = try table.count(Options.dilationWidth, default: 1)
    filterHeight = 0
    filterWidth = 0
    activation = try table.activation(Options.activation)
  }

  init(pool table: FlatBufferTable) throws(FlatBufferError) {
    typealias Options = TFLiteSchema.Pool
    padding = try table.padding(Options.padding)
    strideHeight = try table.count(Options.strideHeight, default: 0)
    strideWidth = try table.count(Options.strideWidth, default: 0)
    dilationHeight = 1
    dilationWidth = 1
    filterHeight = try table.count(Options.filterHeight, default: 0)
    filterWidth = try table.count(Options.filterWidth, default: 0)
    activation = try table.activation(Options.activation)
  }
}

extension FlatBufferTable {
  fileprivate func activation(
    _ field: some FlatBufferField
  ) throws(FlatBufferError) -> TFLiteActivation {
    let number: Int8 = try integer(field, default: 0)
    guard let activation = TFLiteActivation(rawValue: number) else {
      throw .value(
        field: path(of: field), expected: "an activation of the schema", found: "\(number)")
    }
    return activation
  }

  fileprivate func padding(_ field: some FlatBufferField) throws(FlatBufferError) -> TFLitePadding {
    let number: Int8 = try integer(field, default: 0)
    guard let padding = TFLitePadding(rawValue: number) else {
      throw .value(field: path(of: field), expected: "0 (SAME) or 1 (VALID)", found: "\(number)")
    }
    return padding
  }

  fileprivate func count(
    _ field: some FlatBufferField, default value: Int32
  ) throws(FlatBufferError) -> Int {
    Int(try integer(field, default: value))
  }
}
