import CMicrokernels
import MNV4Core
import MNV4Graph

/// A layer as products: for each image and group, pixels of the output by channels.
struct ByteGemmLayer {
  let weights: ConstantID
  let bias: ConstantID?
  let activation: Activation
  let imageCount: Int
  let groupCount: Int
  /// Of one image and group.
  let shape: mnv4_q8_gemm_shape

  var pixelCount: Int { Int(shape.output_height) * Int(shape.output_width) }
  var columnCount: Int { Int(shape.output_channels) }
  var depth: Int {
    Int(shape.input_channels) * Int(shape.kernel_height) * Int(shape.kernel_width)
  }

  /// Nil where the problem is no layer of integers, or larger than the kernels count.
  init?(_ problem: StepProblem) {
    guard !problem.inputs[0].isFloat else { return nil }
    let input = problem.inputs[0].shape
    switch problem.operation {
    case .fullyConnected(let layer):
      guard
        Self.holds(
          pixels: input.rowCount, depth: input.last, columns: problem.output.shape.last)
      else { return nil }
      weights = layer.weights
      bias = layer.bias
      activation = layer.activation
      imageCount = 1
      groupCount = 1
      shape = Self.shape(
        rows: input.rowCount, depth: input.last, columns: problem.output.shape.last)
    case .convolution(let convolution):
      weights = convolution.weights
      bias = convolution.bias
      activation = convolution.activation
      groupCount = convolution.groups
      let geometry = WindowGeometry(convolution, of: problem)
      guard
        Self.holds(
          pixels: geometry.inputHeight * geometry.inputWidth,
          geometry.outputHeight * geometry.outputWidth,
          depth: geometry.tapCount * (geometry.inputChannels / groupCount),
          columns: geometry.outputChannels / groupCount)
      else { return nil }
      if convolution.isPointwise && Int32.holds(input.rowCount) {
        imageCount = 1
        shape = Self.shape(
          rows: input.rowCount, depth: input.last, columns: problem.output.shape.last)
      } else {
        imageCount = geometry.batchCount
        shape = Self.shape(geometry, groupCount: groupCount)
      }
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad,
      .resizeBilinear, .quantize, .dequantize:
      return nil
    }
  }

  /// Whether images of so many pixels, and matrices of so many rows and columns, are within the
  /// bounds that the kernels state.
  static func holds(pixels: Int..., depth: Int, columns: Int) -> Bool {
    pixels.allSatisfy { Int32.holds($0) } && depth <= 1 << 26 && columns <= 1 << 30
  }

  static func shape(rows: Int, depth: Int, columns: Int) -> mnv4_q8_gemm_shape {
    mnv4_q8_gemm_shape(
      input_height: 1, input_width: Int32(rows), input_channels: Int32(depth), output_height: 1,
      output_width: Int32(rows), output_channels: Int32(columns), kernel_height: 1,
      kernel_width: 1, stride_y: 1, stride_x: 1, dilation_y: 1, dilation_x: 1, padding_top: 0,
      padding_left: 0)
  }

  private static func shape(_ geometry: WindowGeometry, groupCount: Int) -> mnv4_q8_gemm_shape {
    mnv4_q8_gemm_shape(
      input_height: Int32(geometry.inputHeight), input_width: Int32(geometry.inputWidth),
      input_channels: Int32(geometry.inputChannels / groupCount),
      output_height: Int32(geometry.outputHeight), output_width: Int32(geometry.outputWidth),
      output_channels: Int32(geometry.outputChannels / groupCount),
      kernel_height: Int32(geometry.kernelHeight), kernel_width: Int32(geometry.kernelWidth),
      stride_y: Int32(geometry.strideHeight), stride_x: Int32(geometry.strideWidth),
      dilation_y: 1, dilation_x: 1, padding_top: Int32(geometry.top),
      padding_left: Int32(geometry.left))
  }
}
