#if XNNPACK
  import MNV4Core
  import MNV4Graph
  import MNV4XNNPACK
  import Testing

  /// Which steps of integers go to XNNPACK, and what they are expected to hold.
  @Suite struct XNNPACKIntegerTests {
    private let int8 = ElementForm(type: .int8, scale: 0.5, zeroPoint: 3)

    private func scaled(_ scale: Float, zeroPoint: Int = 3) -> ElementForm {
      ElementForm(type: .int8, scale: scale, zeroPoint: zeroPoint)
    }

    private func zeros(_ shape: [Int], _ form: ElementForm) -> ProblemTensor {
      ProblemTensor(
        shape: shape, form: form,
        bytes: [UInt8](repeating: 0, count: shape.reduce(1, *) * form.type.byteCount))
    }

    private func step(
      _ operation: Operation, _ inputs: ProblemTensor..., output: ElementForm,
      constants: [ProblemConstant] = []
    ) throws -> StepProblem {
      try IntegerProblem(operation, inputs: inputs, output: output, constants: constants) { _ in []
      }.step
    }

    /// A convolution with filters of 3 × 3.
    private func convolution(
      side: Int = 9, channels: Int = 16, groups: Int = 1, weight: UInt8 = 1, stride: Int = 1,
      activation: Activation = .identity, type: ElementType = .int8,
      weightType: ElementType? = nil, weightScale: Float = 0.25, output: ElementForm? = nil
    ) throws -> StepProblem {
      let weightShape = [channels, 3, 3, channels / groups]
      let form = ElementForm(type: type, scale: 0.5, zeroPoint: 3)
      return try step(
        .convolution(
          Convolution(
            weights: ConstantID(0), bias: nil, kernel: Extent(3, 3),
            stride: Extent(stride, stride), groups: groups, activation: activation)),
        zeros([1, side, side, channels], form), output: output ?? form,
        constants: [
          ProblemConstant(
            shape: weightShape, type: weightType ?? type, scales: [weightScale],
            bytes: [UInt8](repeating: weight, count: weightShape.reduce(1, *)))
        ])
    }

    private func kernel(_ problem: StepProblem) -> String? {
      guard case .runs(let kernel, _) = XNNPACKBackend().assess(problem) else { return nil }
      return kernel
    }

    private func refusal(_ problem: StepProblem) -> String? {
      guard case .refuses(let reason) = XNNPACKBackend().assess(problem) else { return nil }
      return reason
    }

    // MARK: What runs

    @Test func signedLayersHaveAScaleAChannel() throws {
      #expect(kernel(try convolution()) == "convolution_nhwc_qc8")
      let layer = try step(
        .fullyConnected(FullyConnected(weights: ConstantID(0), bias: nil)),
        zeros([3, 8], int8), output: int8,
        constants: [
          ProblemConstant(
            shape: [5, 8], type: .int8, scales: [0.1, 0.2, 0.3, 0.4, 0.5],
            bytes: [UInt8](repeating: 0, count: 40))
        ])
      #expect(kernel(layer) == "convolution_nhwc_qc8")
    }

    @Test func unsignedLayersHaveUnsignedWeights() throws {
      #expect(
        refusal(try convolution(type: .uint8, weightType: .int8))
          == "no operator for uint8 with weights of int8")
    }

    /// Elsewhere these operators requantize in fixed point.
    @Test func othersNeedTheFloatRequantization() throws {
      let shape = [1, 4, 4, 8]
      let problems: [(StepProblem, String)] = [
        (try convolution(type: .uint8), "convolution_nhwc_qu8"),
        (
          try step(.multiply(Multiply()), zeros(shape, int8), zeros(shape, int8), output: int8),
          "multiply_nd_qs8"
        ),
        (
          try step(.globalAveragePool, zeros(shape, int8), output: int8),
          "global_average_pooling_nwc_qs8"
        ),
      ]
      for (problem, name) in problems {
        #if arch(x86_64)
          #expect(kernel(problem) == name)
        #else
          #expect(refusal(problem) == "its requantization rounds otherwise on this processor")
        #endif
      }
    }

    @Test func whatMovesOrAddsRunsEverywhere() throws {
      let tensor = zeros([1, 4, 4, 8], int8)
      #expect(kernel(try step(.add(Add()), tensor, tensor, output: int8)) == "add_nd_qs8")
      #expect(kernel(try step(.dequantize, tensor, output: .float)) == "convert_nc_qs8_f32")
      #expect(kernel(try step(.concatenation, tensor, tensor, output: int8)) == "copy_nc_x8")
      #expect(kernel(try step(.activation(.relu), tensor, output: int8)) == "clamp_nc_s8")
      let pad = Operation.pad(.symmetric(kernel: Extent(3, 3)))
      #expect(kernel(try step(pad, tensor, output: int8)) == "constant_pad_nd_x8")
    }

    // MARK: What is refused

    /// Kernels of some processors add two products in 16 bits.
    @Test func leastWeightsOfDepthwiseLayers() throws {
      let reason = "depthwise weights of -128 may overflow its 16-bit sums"
      #expect(refusal(try convolution(groups: 16, weight: 0x80)) == reason)
      #expect(refusal(try convolution(groups: 16, weight: 0x81)) == nil)
      #expect(refusal(try convolution(groups: 8, weight: 0x80)) == nil)
    }

    @Test func outputsOfFloat32() throws {
      #expect(
        refusal(try convolution(output: .float)) == "no operator from integers to float32")
    }

    @Test func rangesOfOneNumber() throws {
      let output = scaled(0.5, zeroPoint: 127)
      #expect(
        refusal(try convolution(activation: .relu, output: output)) == "its outputs are all 127")
      #expect(refusal(try convolution(activation: .identity, output: output)) == nil)
    }

    @Test func ratiosOfAddends() throws {
      func sum(_ second: Float) throws -> String? {
        refusal(
          try step(
            .add(Add()), zeros([9], scaled(1)), zeros([9], scaled(second)), output: scaled(1)))
      }
      #expect(try sum(0x1p-10) == nil)
      #expect(
        try sum(Float(0x1p-10).nextDown)?.hasPrefix("a ratio of an operand's scale") == true)
    }

    #if arch(x86_64)
      @Test func scalesOfRequantizations() throws {
        let factor = zeros([9], scaled(1))
        func product(_ scale: Float) throws -> String? {
          refusal(
            try step(.multiply(Multiply()), factor, zeros([9], scaled(scale)), output: scaled(1)))
        }
        #expect(try product(0x1p-16) == nil)
        #expect(try product(Float(0x1p-16).nextDown)?.hasPrefix("a ratio of scales") == true)

        func mean(_ scale: Float) throws -> String? {
          refusal(
            try step(.globalAveragePool, zeros([1, 3, 3, 5], scaled(scale)), output: scaled(1)))
        }
        #expect(try mean(0x1p-8) == nil)
        #expect(try mean(Float(0x1p-8).nextDown)?.hasPrefix("a ratio of scales") == true)

        #expect(refusal(try convolution(type: .uint8, weightScale: 0x1p-32)) == nil)
        let tiny = try convolution(type: .uint8, weightScale: Float(0x1p-32).nextDown)
        #expect(refusal(tiny)?.hasPrefix("a requantization of") == true)
      }
    #endif

    @Test func changesOfScale() throws {
      let tensor = zeros([1, 4, 4, 8], int8)
      let reason = "no operator for a change of scale or zero point"
      let other = scaled(0.25)
      #expect(refusal(try step(.concatenation, tensor, tensor, output: other)) == reason)
      #expect(refusal(try step(.activation(.relu), tensor, output: other)) == reason)
      #expect(refusal(try step(.quantize, tensor, output: other)) == reason)
      #expect(refusal(try step(.quantize, zeros([8], .float), output: int8)) != nil)
    }

    /// Sums of more channels would overflow the stack.
    @Test(arguments: [ElementForm.float, ElementForm(type: .int8, scale: 1, zeroPoint: 0)])
    func poolsOfManyChannels(form: ElementForm) throws {
      func reason(_ channels: Int) throws -> String? {
        refusal(try step(.globalAveragePool, zeros([1, 1, 1, channels], form), output: form))
      }
      #if arch(x86_64)
        #expect(try reason(32_768) == nil)
        #expect(try reason(32_769) == "its sums of 32769 channels would lie on the stack")
      #endif
    }

    // MARK: Memory

    private func byteCount(_ problem: StepProblem) -> Int {
      XNNPACKBackend().memory(of: [problem]).sessionByteCount
    }

    /// A byte a weight, a bias and a scale an output, outputs in sixteens.
    @Test func weightsAreBytes() throws {
      let table = 7 * 7 * 9 * 8
      #expect(byteCount(try convolution(channels: 17)) >= 32 * (17 * 9 + 8) + table)
      let count = byteCount(try convolution(channels: 64))
      #expect(count >= 64 * (64 * 9 + 8) + table)
      #expect(count < 2 * 64 * 64 * 9)
    }

    /// Depthwise tables have a column for every pixel between strides.
    @Test func stridesBeyondTheFilter() throws {
      let problem = try convolution(side: 3 + 63 * 6, groups: 16, stride: 6)
      #expect(byteCount(problem) >= 64 * (9 + 63 * 6 * 3) * 8)
    }
  }
#endif
