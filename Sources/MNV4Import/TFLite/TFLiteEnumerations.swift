/// The element types of tensors, by the schema's numbers.
enum TFLiteElementType: Int8, Hashable, Sendable, CaseIterable {
  case float32 = 0
  case float16 = 1
  case int32 = 2
  case uint8 = 3
  case int64 = 4
  case string = 5
  case bool = 6
  case int16 = 7
  case complex64 = 8
  case int8 = 9
  case float64 = 10
  case complex128 = 11
  case uint64 = 12
  case resource = 13
  case variant = 14
  case uint32 = 15
  case uint16 = 16
  case int4 = 17
  case bfloat16 = 18

  /// The schema's name.
  var name: String { "\(self)".uppercased() }

  /// Whether elements are integers of 8 bits, which stand for real numbers through a scale.
  var isQuantized: Bool { self == .int8 || self == .uint8 }
}

/// Functions at the end of an operator, by the schema's numbers.
enum TFLiteActivation: Int8, Hashable, Sendable, CaseIterable {
  case none = 0
  case relu = 1
  case reluN1To1 = 2
  case relu6 = 3
  case tanh = 4
  case signBit = 5

  /// The schema's name.
  var name: String {
    switch self {
    case .none: "NONE"
    case .relu: "RELU"
    case .reluN1To1: "RELU_N1_TO_1"
    case .relu6: "RELU6"
    case .tanh: "TANH"
    case .signBit: "SIGN_BIT"
    }
  }
}

/// How the edges of an image are treated, by the schema's numbers.
enum TFLitePadding: Int8, Hashable, Sendable, CaseIterable {
  case same = 0
  case valid = 1
}

/// The kind of an operator, by the schema's number: those that are read, and the rest.
enum TFLiteOperatorKind: Int32, Hashable, Sendable, CaseIterable {
  case add = 0
  case averagePool2D = 1
  case concatenation = 2
  case conv2D = 3
  case depthwiseConv2D = 4
  case dequantize = 6
  case fullyConnected = 9
  case logistic = 14
  case mul = 18
  case relu = 19
  case relu6 = 21
  case reshape = 22
  case resizeBilinear = 23
  case softmax = 25
  case pad = 34
  case mean = 40
  case squeeze = 43
  case stridedSlice = 45
  case padV2 = 60
  case shape = 77
  case pack = 83
  case quantize = 114
  case hardSwish = 117

  static let custom: Int32 = 32

  /// The number of the kind's options in the schema's union, for those that have any.
  var optionsType: UInt8? {
    switch self {
    case .conv2D: 1
    case .depthwiseConv2D: 2
    case .averagePool2D: 5
    case .fullyConnected: 8
    case .softmax: 9
    case .concatenation: 10
    case .add: 11
    case .resizeBilinear: 15
    case .reshape: 17
    case .mul: 21
    case .mean: 27
    case .dequantize, .logistic, .relu, .relu6, .pad, .squeeze, .padV2, .quantize, .hardSwish,
      .stridedSlice, .shape, .pack:
      nil
    }
  }
}
