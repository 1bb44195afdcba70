/// The tables of TensorFlow Lite's FlatBuffers schema, version 3: their fields in its order, as far as
/// they are read. Fields beyond them are later additions at the end.
enum TFLiteSchema {
  static let identifier = "TFL3"
  static let version: UInt32 = 3

  enum Model: String, FlatBufferField {
    case version
    case operatorCodes = "operator_codes"
    case subgraphs, description, buffers
  }

  enum OperatorCode: String, FlatBufferField {
    case deprecatedBuiltinCode = "deprecated_builtin_code"
    case customCode = "custom_code"
    case version
    case builtinCode = "builtin_code"
  }

  enum Subgraph: String, FlatBufferField {
    case tensors, inputs, outputs, operators, name
  }

  enum Tensor: String, FlatBufferField {
    case shape, type, buffer, name, quantization
    case isVariable = "is_variable"
    case sparsity
    case shapeSignature = "shape_signature"
    case hasRank = "has_rank"
    case variantTensors = "variant_tensors"
  }

  enum Quantization: String, FlatBufferField {
    case min, max, scale
    case zeroPoint = "zero_point"
    case detailsType = "details_type"
    case details
    case quantizedDimension = "quantized_dimension"
  }

  enum Buffer: String, FlatBufferField {
    case data, offset, size
  }

  enum Operator: String, FlatBufferField {
    case opcodeIndex = "opcode_index"
    case inputs, outputs
    case optionsType = "builtin_options_type"
    case options = "builtin_options"
  }

  enum Convolution: String, FlatBufferField {
    case padding
    case strideWidth = "stride_w"
    case strideHeight = "stride_h"
    case activation = "fused_activation_function"
    case dilationWidth = "dilation_w_factor"
    case dilationHeight = "dilation_h_factor"
  }

  enum DepthwiseConvolution: String, FlatBufferField {
    case padding
    case strideWidth = "stride_w"
    case strideHeight = "stride_h"
    case depthMultiplier = "depth_multiplier"
    case activation = "fused_activation_function"
    case dilationWidth = "dilation_w_factor"
    case dilationHeight = "dilation_h_factor"
  }

  enum Pool: String, FlatBufferField {
    case padding
    case strideWidth = "stride_w"
    case strideHeight = "stride_h"
    case filterWidth = "filter_width"
    case filterHeight = "filter_height"
    case activation = "fused_activation_function"
  }

  enum FullyConnected: String, FlatBufferField {
    case activation = "fused_activation_function"
    case weightsFormat = "weights_format"
    case keepsDimensions = "keep_num_dims"
  }

  /// Of ADD and of MUL.
  enum Arithmetic: String, FlatBufferField {
    case activation = "fused_activation_function"
  }

  enum Softmax: String, FlatBufferField {
    case beta
  }

  enum Concatenation: String, FlatBufferField {
    case axis
    case activation = "fused_activation_function"
  }

  enum Reshape: String, FlatBufferField {
    case newShape = "new_shape"
  }

  enum Reducer: String, FlatBufferField {
    case keepsDimensions = "keep_dims"
  }

  enum ResizeBilinear: String, FlatBufferField {
    // Formerly the size, which is an input.
    case newHeight = "new_height"
    case newWidth = "new_width"
    case alignsCorners = "align_corners"
    case hasHalfPixelCenters = "half_pixel_centers"
  }
}
