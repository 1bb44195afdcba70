#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Creates the operators of one step and sets them up on its memory.
  struct OperatorChain {
    let problem: StepProblem
    let threads: XNNPACKThreads
    /// Memory for what one operator leaves to the next.
    let scratch: AlignedBuffer
    let step: XNNPACKStep

    init(problem: StepProblem, threads: XNNPACKThreads, scratch: AlignedBuffer) {
      self.problem = problem
      self.threads = threads
      self.scratch = scratch
      self.step = XNNPACKStep(threads: threads, scratch: scratch)
    }

    /// Workers sleep between operators. Polling instead, they take processors from whatever else runs,
    /// this session's own caller included where there are more threads than idle processors.
    let operatorFlags = UInt32(XNN_FLAG_YIELD_WORKERS)

    typealias Create = (UnsafeMutablePointer<xnn_operator_t?>) -> xnn_status

    func build(_ binding: StepBinding) throws(BackendError) {
      if problem.isFloat { try buildFloats(binding) } else { try buildIntegers(binding) }
    }

    private func buildFloats(_ binding: StepBinding) throws(BackendError) {
      let inputs = binding.inputs.map { $0.assumingMemoryBound(to: Float.self) }
      let output = binding.output.assumingMemoryBound(to: Float.self)
      let shape = problem.output.shape
      switch problem.operation {
      case .convolution(let convolution):
        try addConvolution(convolution, inputs: inputs, output: output)
      case .fullyConnected(let layer):
        try addFullyConnected(layer, input: inputs[0], output: output)
      case .activation(let function):
        try addActivation(epilogue(of: function), input: inputs[0], output: output)
      case .add(let add):
        let bounds = try epilogue(of: add.activation).bounds
        try addSum(inputs[0], inputs[1], shape: shape, bounds: bounds, output: output)
      case .multiply(let multiply):
        try addProduct(
          inputs[0], problem.inputs[0].shape.dimensions, inputs[1],
          problem.inputs[1].shape.dimensions, bounds: try epilogue(of: multiply.activation).bounds,
          output: output)
      case .globalAveragePool: try addGlobalAveragePool(input: inputs[0], output: output)
      case .slice(let slice): try addSlice(slice, binding)
      case .concatenation: try addConcatenation(binding)
      case .softmax: try addSoftmax(input: inputs[0], output: output)
      case .reshape: try addReshape(binding)
      case .batchNormalization, .channelScale, .averagePool, .matrixProduct, .pad,
        .resizeBilinear, .quantize, .dequantize:
        throw failure("assess", xnn_status_unsupported_parameter)
      }
    }

    /// Creates an operator, sets it up and hands it to the step.
    func add(
      _ call: String, create: Create, setup: (xnn_operator_t) -> xnn_status
    ) throws(BackendError) {
      var handle: xnn_operator_t?
      let created = create(&handle)
      guard created == xnn_status_success, let handle else {
        throw failure("xnn_create_\(call)", created)
      }
      step.append(handle)
      let isSetUp = setup(handle)
      guard isSetUp == xnn_status_success else { throw failure("xnn_setup_\(call)", isSetUp) }
    }

    func failure(_ call: String, _ status: xnn_status) -> BackendError {
      .library(
        backend: "xnnpack", step: problem.name, call: call,
        status: XNNPACKLibrary.name(of: status))
    }

    /// How an activation is done; `assess` refuses the steps for which there is no way.
    private func epilogue(of activation: Activation) throws(BackendError) -> Epilogue {
      guard let epilogue = Epilogue(activation) else {
        throw failure("assess", xnn_status_unsupported_parameter)
      }
      return epilogue
    }

    func pointer<Element: BitwiseCopyable>(
      _ id: ConstantID?, as type: Element.Type = Float.self
    ) -> UnsafePointer<Element>? {
      guard let id else { return nil }
      // The operators copy the weights; the graph keeps them alive until they have.
      return problem.constant(id).data.withElements(as: type) { $0.baseAddress }
    }

    // MARK: Layers

    private func addConvolution(
      _ convolution: Convolution, inputs: [UnsafePointer<Float>],
      output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let input = problem.inputs[0].shape
      let shape = problem.output.shape
      let epilogue = try epilogue(of: convolution.activation)
      let unbounded = -Float.infinity...Float.infinity
      let bounds = convolution.hasResidual ? unbounded : epilogue.bounds
      try add("convolution2d_nhwc_f32") {
        xnn_create_convolution2d_nhwc_f32(
          UInt32(convolution.padding.top), UInt32(convolution.padding.right),
          UInt32(convolution.padding.bottom), UInt32(convolution.padding.left),
          UInt32(convolution.kernel.height), UInt32(convolution.kernel.width),
          UInt32(convolution.stride.height), UInt32(convolution.stride.width), 1, 1,
          UInt32(convolution.groups), input[3] / convolution.groups,
          shape[3] / convolution.groups, input[3], shape[3],
          pointer(convolution.weights), pointer(convolution.bias),
          bounds.lowerBound, bounds.upperBound, operatorFlags, $0)
      } setup: {
        xnn_setup_convolution2d_nhwc_f32(
          $0, input[0], input[1], input[2], inputs[0], output, threads.pool)
      }
      if convolution.hasResidual {
        try addSum(
          UnsafePointer(output), inputs[1], shape: shape, bounds: epilogue.bounds, output: output)
      }
      try addEpilogue(epilogue, output: output)
    }

    private func addFullyConnected(
      _ layer: FullyConnected, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let (inputs, outputs) = (problem.inputs[0].shape.last, problem.output.shape.last)
      let epilogue = try epilogue(of: layer.activation)
      try add("fully_connected_nc_f32") {
        xnn_create_fully_connected_nc_f32(
          inputs, outputs, inputs, outputs, pointer(layer.weights), pointer(layer.bias),
          epilogue.bounds.lowerBound, epilogue.bounds.upperBound, operatorFlags, $0)
      } setup: {
        xnn_setup_fully_connected_nc_f32(
          $0, problem.output.shape.rowCount, input, output, threads.pool)
      }
      try addEpilogue(epilogue, output: output)
    }

    private func addGlobalAveragePool(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let shape = problem.inputs[0].shape
      try add("global_average_pooling_nwc_f32") {
        xnn_create_global_average_pooling_nwc_f32(
          shape[3], shape[3], shape[3], -.infinity, .infinity, operatorFlags, $0)
      } setup: {
        xnn_setup_global_average_pooling_nwc_f32(
          $0, shape[0], shape[1] * shape[2], input, output, threads.pool)
      }
    }

    private func addSoftmax(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let shape = problem.output.shape
      try add("softmax_nc_f32") {
        xnn_create_softmax_nc_f32(shape.last, shape.last, shape.last, operatorFlags, $0)
      } setup: {
        xnn_setup_softmax_nc_f32($0, shape.rowCount, input, output, threads.pool)
      }
    }

    // MARK: Elements

    /// What remains of an activation after the operator has applied its bounds.
    private func addEpilogue(
      _ epilogue: Epilogue, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      if case .clamp = epilogue { return }
      try addActivation(epilogue, input: UnsafePointer(output), output: output)
    }

    private func addActivation(
      _ epilogue: Epilogue, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let count = problem.output.shape.elementCount
      switch epilogue {
      case .clamp(let bounds):
        try add("clamp_nc_f32") {
          xnn_create_clamp_nc_f32(1, 1, 1, bounds.lowerBound, bounds.upperBound, operatorFlags, $0)
        } setup: {
          xnn_setup_clamp_nc_f32($0, count, input, output, threads.pool)
        }
      case .hardSwish:
        try add("hardswish_nc_f32") {
          xnn_create_hardswish_nc_f32(1, 1, 1, operatorFlags, $0)
        } setup: {
          xnn_setup_hardswish_nc_f32($0, count, input, output, threads.pool)
        }
      case .sigmoid: try addSigmoid(input: input, output: output, count: count)
      case .silu:
        let factors = scratch.pointer(as: Float.self)
        let capacity = scratch.byteCount / MemoryLayout<Float>.stride
        for start in stride(from: 0, to: count, by: capacity) {
          let part = min(capacity, count - start)
          try addSigmoid(input: input + start, output: factors, count: part)
          try addProduct(
            input + start, [part], UnsafePointer(factors), [part],
            bounds: -Float.infinity...Float.infinity, output: output + start)
        }
      }
    }

    private func addSigmoid(
      input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int
    ) throws(BackendError) {
      try add("sigmoid_nc_f32") {
        xnn_create_sigmoid_nc_f32(1, 1, 1, operatorFlags, $0)
      } setup: {
        xnn_setup_sigmoid_nc_f32($0, count, input, output, threads.pool)
      }
    }

    private func addSum(
      _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, shape: Shape,
      bounds: ClosedRange<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      let extent = [shape.elementCount]
      try add("add_nd_f32") {
        xnn_create_add_nd_f32(bounds.lowerBound, bounds.upperBound, operatorFlags, $0)
      } setup: {
        xnn_setup_add_nd_f32($0, 1, extent, 1, extent, first, second, output, threads.pool)
      }
    }

    private func addProduct(
      _ first: UnsafePointer<Float>, _ firstShape: [Int], _ second: UnsafePointer<Float>,
      _ secondShape: [Int], bounds: ClosedRange<Float>, output: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
      try add("multiply_nd_f32") {
        xnn_create_multiply_nd_f32(bounds.lowerBound, bounds.upperBound, operatorFlags, $0)
      } setup: {
        xnn_setup_multiply_nd_f32(
          $0, firstShape.count, firstShape, secondShape.count, secondShape, first, second, output,
          threads.pool)
      }
    }
  }
#endif
