#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Operators of 8-bit integers: those steps that `IntegerAssessment` does not refuse.
  extension OperatorChain {
    private var input: Value { problem.inputs[0] }
    private var output: Value { problem.output }
    private var isSigned: Bool { input.elementType == .int8 }

    func buildIntegers(_ binding: StepBinding) throws(BackendError) {
      let shape = output.shape
      switch problem.operation {
      case .convolution(let convolution):
        let image = Image(count: shape[0], height: input.shape[1], width: input.shape[2])
        try addConvolution(convolution, over: image, binding)
      case .fullyConnected(let layer):
        let image = Image(count: 1, height: shape.rowCount, width: 1)
        try addConvolution(Convolution(rows: layer), over: image, binding)
      case .activation(let function): try addClamp(function, binding)
      case .add(let add): try addIntegerSum(add, binding)
      case .multiply(let multiply): try addIntegerProduct(multiply, binding)
      case .globalAveragePool: try addIntegerMean(binding)
      case .slice(let slice): try addSlice(slice, binding)
      case .concatenation: try addConcatenation(binding)
      case .reshape: try addReshape(binding)
      case .pad(let padding): try addPadding(padding, binding)
      case .dequantize: try addDequantization(binding)
      case .batchNormalization, .channelScale, .averagePool, .matrixProduct, .softmax,
        .resizeBilinear, .quantize:
        throw failure("assess", xnn_status_unsupported_parameter)
      }
    }

    // MARK: Layers

    /// What a convolution slides over.
    private struct Image {
      let count: Int
      let height: Int
      let width: Int
    }

    /// Signed weights take the operator with a scale a channel, even where they share one: it alone
    /// requantizes through float32 on every processor.
    private func addConvolution(
      _ convolution: Convolution, over image: Image, _ binding: StepBinding
    ) throws(BackendError) {
      let (padding, kernel, stride) = (convolution.padding, convolution.kernel, convolution.stride)
      let (inputs, outputs) = (input.shape.last, output.shape.last)
      let weights = problem.constant(convolution.weights)
      let scales = weights.quantization?.scales ?? []
      let range = output.integerRange(after: convolution.activation)
      let bias = pointer(convolution.bias, as: Int32.self)
      if isSigned {
        let scales = scales.count == outputs ? scales : Array(repeating: scales[0], count: outputs)
        try add("convolution2d_nhwc_qc8") {
          xnn_create_convolution2d_nhwc_qc8(
            UInt32(padding.top), UInt32(padding.right), UInt32(padding.bottom),
            UInt32(padding.left), UInt32(kernel.height), UInt32(kernel.width),
            UInt32(stride.height), UInt32(stride.width), 1, 1, UInt32(convolution.groups),
            inputs / convolution.groups, outputs / convolution.groups, inputs, outputs,
            int8(input.zeroPoint), input.scale, scales,
            pointer(convolution.weights, as: Int8.self), bias, int8(output.zeroPoint),
            output.scale, int8(range.lowerBound), int8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_convolution2d_nhwc_qc8(
            $0, image.count, image.height, image.width, binding.input(0), binding.result(),
            threads.pool)
        }
      } else {
        let zeroPoint = weights.quantization?.zeroPoints[0] ?? 0
        try add("convolution2d_nhwc_qu8") {
          xnn_create_convolution2d_nhwc_qu8(
            UInt32(padding.top), UInt32(padding.right), UInt32(padding.bottom),
            UInt32(padding.left), UInt32(kernel.height), UInt32(kernel.width),
            UInt32(stride.height), UInt32(stride.width), 1, 1, UInt32(convolution.groups),
            inputs / convolution.groups, outputs / convolution.groups, inputs, outputs,
            uint8(input.zeroPoint), input.scale, uint8(zeroPoint), scales[0],
            pointer(convolution.weights, as: UInt8.self), bias, uint8(output.zeroPoint),
            output.scale, uint8(range.lowerBound), uint8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_convolution2d_nhwc_qu8(
            $0, image.count, image.height, image.width, binding.input(0), binding.result(),
            threads.pool)
        }
      }
    }

    private func addIntegerMean(_ binding: StepBinding) throws(BackendError) {
      let shape = input.shape
      let (channels, pixels) = (shape[3], shape[1] * shape[2])
      if isSigned {
        try add("global_average_pooling_nwc_qs8") {
          xnn_create_global_average_pooling_nwc_qs8(
            channels, channels, channels, int8(input.zeroPoint), input.scale,
            int8(output.zeroPoint), output.scale, .min, .max, operatorFlags, $0)
        } setup: {
          xnn_setup_global_average_pooling_nwc_qs8(
            $0, shape[0], pixels, binding.input(0), binding.result(), threads.pool)
        }
      } else {
        try add("global_average_pooling_nwc_qu8") {
          xnn_create_global_average_pooling_nwc_qu8(
            channels, channels, channels, uint8(input.zeroPoint), input.scale,
            uint8(output.zeroPoint), output.scale, .min, .max, operatorFlags, $0)
        } setup: {
          xnn_setup_global_average_pooling_nwc_qu8(
            $0, shape[0], pixels, binding.input(0), binding.result(), threads.pool)
        }
      }
    }

    // MARK: Elements

    private func addIntegerSum(_ sum: Add, _ binding: StepBinding) throws(BackendError) {
      let (first, second) = (problem.inputs[0], problem.inputs[1])
      let range = output.integerRange(after: sum.activation)
      let extent = [output.shape.elementCount]
      if isSigned {
        try add("add_nd_qs8") {
          xnn_create_add_nd_qs8(
            int8(first.zeroPoint), first.scale, int8(second.zeroPoint), second.scale,
            int8(output.zeroPoint), output.scale, int8(range.lowerBound), int8(range.upperBound),
            operatorFlags, $0)
        } setup: {
          xnn_setup_add_nd_qs8(
            $0, 1, extent, 1, extent, binding.input(0), binding.input(1), binding.result(),
            threads.pool)
        }
      } else {
        try add("add_nd_qu8") {
          xnn_create_add_nd_qu8(
            uint8(first.zeroPoint), first.scale, uint8(second.zeroPoint), second.scale,
            uint8(output.zeroPoint), output.scale, uint8(range.lowerBound),
            uint8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_add_nd_qu8(
            $0, 1, extent, 1, extent, binding.input(0), binding.input(1), binding.result(),
            threads.pool)
        }
      }
    }

    private func addIntegerProduct(
      _ product: Multiply, _ binding: StepBinding
    ) throws(BackendError) {
      let (first, second) = (problem.inputs[0], problem.inputs[1])
      let range = output.integerRange(after: product.activation)
      let (extents, others) = (first.shape.dimensions, second.shape.dimensions)
      if isSigned {
        try add("multiply_nd_qs8") {
          xnn_create_multiply_nd_qs8(
            int8(first.zeroPoint), first.scale, int8(second.zeroPoint), second.scale,
            int8(output.zeroPoint), output.scale, int8(range.lowerBound), int8(range.upperBound),
            operatorFlags, $0)
        } setup: {
          xnn_setup_multiply_nd_qs8(
            $0, extents.count, extents, others.count, others, binding.input(0), binding.input(1),
            binding.result(), threads.pool)
        }
      } else {
        try add("multiply_nd_qu8") {
          xnn_create_multiply_nd_qu8(
            uint8(first.zeroPoint), first.scale, uint8(second.zeroPoint), second.scale,
            uint8(output.zeroPoint), output.scale, uint8(range.lowerBound),
            uint8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_multiply_nd_qu8(
            $0, extents.count, extents, others.count, others, binding.input(0), binding.input(1),
            binding.result(), threads.pool)
        }
      }
    }

    private func addClamp(_ function: Activation, _ binding: StepBinding) throws(BackendError) {
      let range = output.integerRange(after: function)
      let count = output.shape.elementCount
      if isSigned {
        try add("clamp_nc_s8") {
          xnn_create_clamp_nc_s8(
            1, 1, 1, int8(range.lowerBound), int8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_clamp_nc_s8($0, count, binding.input(0), binding.result(), threads.pool)
        }
      } else {
        try add("clamp_nc_u8") {
          xnn_create_clamp_nc_u8(
            1, 1, 1, uint8(range.lowerBound), uint8(range.upperBound), operatorFlags, $0)
        } setup: {
          xnn_setup_clamp_nc_u8($0, count, binding.input(0), binding.result(), threads.pool)
        }
      }
    }

    private func addDequantization(_ binding: StepBinding) throws(BackendError) {
      let count = output.shape.elementCount
      if isSigned {
        try add("convert_nc_qs8_f32") {
          xnn_create_convert_nc_qs8_f32(
            1, 1, 1, input.scale, int8(input.zeroPoint), operatorFlags, $0)
        } setup: {
          xnn_setup_convert_nc_qs8_f32($0, count, binding.input(0), binding.result(), threads.pool)
        }
      } else {
        try add("convert_nc_qu8_f32") {
          xnn_create_convert_nc_qu8_f32(
            1, 1, 1, input.scale, uint8(input.zeroPoint), operatorFlags, $0)
        } setup: {
          xnn_setup_convert_nc_qu8_f32($0, count, binding.input(0), binding.result(), threads.pool)
        }
      }
    }

    // MARK: Numbers

    /// Zero points and bounds lie in the range of their type.
    private func int8(_ integer: Int32) -> Int8 { Int8(truncatingIfNeeded: integer) }
    private func uint8(_ integer: Int32) -> UInt8 { UInt8(truncatingIfNeeded: integer) }
  }

  extension StepBinding {
    fileprivate func input<Element>(_ index: Int) -> UnsafePointer<Element> {
      inputs[index].assumingMemoryBound(to: Element.self)
    }

    fileprivate func result<Element>() -> UnsafeMutablePointer<Element> {
      output.assumingMemoryBound(to: Element.self)
    }
  }
#endif
