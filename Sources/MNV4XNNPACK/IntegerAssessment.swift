#if XNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Whether XNNPACK's operators give exactly the integers of `docs/quantization.md` for a step of
  /// 8-bit integers, and what they are called.
  ///
  /// Their limits are asserted in the library, which ends the process: steps beyond them are refused
  /// from the step's numbers, before anything is created.
  struct IntegerAssessment {
    let problem: StepProblem

    /// Requantizations that some operators support start here.
    static let requantizations: Range<Float> = 0x1p-32..<0x1p8
    private static let productScales: Range<Float> = 0x1p-16..<0x1p8
    private static let meanRatios: Range<Float> = 0x1p-8..<0x1p8

    /// Whether operators other than those with a scale a channel requantize through float32. On other
    /// processors they do it in fixed point and round otherwise.
    private static let requantizesInFloat: Bool = {
      #if arch(x86_64)
        true
      #else
        false
      #endif
    }()

    private var input: Value { problem.inputs[0] }
    private var output: Value { problem.output }

    /// Why the step is not run here; nil where it is.
    var refusal: String? {
      for value in problem.inputs + [output]
      where value.elementType != .float32 && value.elementType.integerRange == nil {
        return "no operators for \(value.elementType)"
      }
      switch problem.operation {
      case .convolution(let convolution):
        return convolution.hasResidual
          ? "no operator for a residual" : refusal(of: convolution)
      case .fullyConnected(let layer): return refusal(of: Convolution(rows: layer))
      case .activation(let function): return refusal(of: function)
      case .add(let add):
        if add.channelCount != nil { return "no operator for a partial add" }
        for operand in problem.inputs {
          let ratio = operand.scale / output.scale
          if let reason = Self.refusal(
            of: ratio, in: IntegerAddition.ratios, "a ratio of an operand's scale to the output's")
          {
            return reason
          }
        }
        return rangeRefusal(after: add.activation)
      case .multiply(let multiply):
        let scale = Requantization.scale(
          problem.inputs[0].scale, problem.inputs[1].scale, output: output.scale)
        return fixedPointRefusal
          ?? Self.refusal(of: scale, in: Self.productScales, "a ratio of scales")
          ?? rangeRefusal(after: multiply.activation)
      case .globalAveragePool:
        let ratio = input.scale / output.scale
        let scale = Requantization.scale(
          mean: input.shape[1] * input.shape[2], input: input.scale, output: output.scale)
        return fixedPointRefusal ?? Memory.poolRefusal(of: problem)
          ?? Self.refusal(of: ratio, in: Self.meanRatios, "a ratio of scales")
          ?? Self.refusal(of: scale, in: Self.requantizations, "a requantization")
      case .slice, .concatenation:
        let areCopies = problem.inputs.allSatisfy { isCopied($0) }
        return areCopies ? nil : "no operator for a change of scale or zero point"
      case .reshape, .pad, .dequantize: return nil
      case .averagePool: return "its average pool of windows rounds otherwise"
      case .matrixProduct: return "no operator for a product of two activations"
      case .softmax: return "its softmax rounds otherwise"
      case .resizeBilinear: return "its bilinear resize rounds otherwise"
      case .quantize:
        return input.elementType == .float32
          ? "its conversion multiplies by a rounded reciprocal"
          : "no operator for a change of scale or zero point"
      case .batchNormalization: return "no operator for batch normalization"
      case .channelScale: return "no operator for a channel scale"
      }
    }

    // MARK: Layers

    private func refusal(of convolution: Convolution) -> String? {
      guard output.elementType != .float32 else { return "no operator from integers to float32" }
      let weights = problem.constant(convolution.weights)
      if input.elementType == .int8 {
        if hasSixteenBitSums(convolution), holdsLeast(weights) {
          return "depthwise weights of -128 may overflow its 16-bit sums"
        }
      } else {
        guard weights.elementType == input.elementType else {
          return "no operator for \(input.elementType) with weights of \(weights.elementType)"
        }
        if let reason = fixedPointRefusal { return reason }
        for scale in weights.quantization?.scales ?? [] {
          let scale = Requantization.scale(input.scale, scale, output: output.scale)
          if let reason = Self.refusal(of: scale, in: Self.requantizations, "a requantization") {
            return reason
          }
        }
      }
      let table = Memory.tableByteCount(of: problem)
      if table > Memory.maximumTableByteCount {
        return "its table of input rows would take \(table.byteText)"
      }
      return rangeRefusal(after: convolution.activation)
    }

    /// Some depthwise kernels of x86 add two products in 16 bits, which -128 · -128 twice exceeds.
    private func hasSixteenBitSums(_ convolution: Convolution) -> Bool {
      input.shape.last == convolution.groups && output.shape.last == convolution.groups
    }

    private func holdsLeast(_ weights: Constant) -> Bool {
      weights.data.withElements(as: Int8.self) { $0.contains(-128) }
    }

    // MARK: Elements

    /// An activation that only clamps, of an output that counts in the same steps.
    private func refusal(of function: Activation) -> String? {
      guard function.clampBounds != nil else { return "its \(function.name) rounds otherwise" }
      guard isCopied(input) else { return "no operator for a change of scale or zero point" }
      // Real numbers beyond float32 become infinite, whatever their steps.
      guard (input.scale * 255).isFinite else { return "a scale of \(input.scale)" }
      return rangeRefusal(after: function)
    }

    /// Whether an operand's integers are the output's.
    private func isCopied(_ operand: Value) -> Bool {
      operand.elementType == output.elementType && operand.quantization == output.quantization
    }

    // MARK: Limits

    private var fixedPointRefusal: String? {
      Self.requantizesInFloat ? nil : "its requantization rounds otherwise on this processor"
    }

    /// No operator is made for a range of one number.
    private func rangeRefusal(after activation: Activation) -> String? {
      let range = output.integerRange(after: activation)
      return range.count > 1 ? nil : "its outputs are all \(range.lowerBound)"
    }

    private static func refusal(
      of number: Float, in range: Range<Float>, _ name: String
    ) -> String? {
      range.contains(number)
        ? nil : "\(name) of \(number), outside \(range.lowerBound) ..< \(range.upperBound)"
    }

    // MARK: Names

    /// The operators that a step becomes, as XNNPACK names them.
    var kernelName: String {
      let type = input.elementType == .int8 ? "s8" : "u8"
      switch problem.operation {
      case .convolution, .fullyConnected:
        return "convolution_nhwc_" + (input.elementType == .int8 ? "qc8" : "qu8")
      case .activation: return "clamp_nc_\(type)"
      case .add: return "add_nd_q\(type)"
      case .multiply: return "multiply_nd_q\(type)"
      case .globalAveragePool: return "global_average_pooling_nwc_q\(type)"
      case .slice, .concatenation, .reshape: return "copy_nc_x8"
      case .pad: return "constant_pad_nd_x8"
      case .dequantize: return "convert_nc_q\(type)_f32"
      case .batchNormalization, .channelScale, .averagePool, .matrixProduct, .softmax,
        .resizeBilinear, .quantize:
        return "none"
      }
    }
  }

  extension Convolution {
    /// A fully connected layer as a product of pixels, each a row of its input, with its weights.
    init(rows layer: FullyConnected) {
      self.init(
        weights: layer.weights, bias: layer.bias, kernel: .one, activation: layer.activation)
    }
  }
#endif
