#if XNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// What XNNPACK's operators hold, which the library does not tell: each packs a copy of its weights,
  /// and convolutions of larger filters than 1×1 keep a table of the input rows behind every pixel.
  enum Memory {
    /// What the steps of one session, of which one runs at a time, share: a piece that stays in the
    /// second-level cache beside the piece of a tensor that it belongs to.
    static let scratchByteCount = 1 << 18
    /// No table above this is made: the `swift` backend needs none.
    static let maximumTableByteCount = 1 << 28
    /// Global average pools keep the sums of an image on the stack of the thread that adds them up,
    /// four bytes a channel: no more than 128 KiB.
    static let maximumPoolChannelCount = 1 << 15
    /// An operator without its weights and tables, and what the allocator rounds these up by.
    private static let operatorByteCount = 1 << 12
    /// The most pixels that any of its kernels works on.
    private static let pixelTile = 16
    /// Taps of the filters that it has depthwise kernels for.
    private static let depthwiseTaps: Set<Int> = [9, 25]

    /// How weights are packed: the most that any of the kernels rounds their counts up to.
    private struct Packing {
      let outputTile: Int
      let inputTile: Int
      /// Of depthwise kernels.
      let channelTile: Int
      let weightByteCount: Int
      /// What else an output holds: its bias, and its scale where it has one.
      let outputByteCount: Int

      static let floats = Packing(
        outputTile: 16, inputTile: 4, channelTile: 16, weightByteCount: 4, outputByteCount: 4)
      static let integers = Packing(
        outputTile: 16, inputTile: 16, channelTile: 32, weightByteCount: 1, outputByteCount: 8)
    }

    /// Of one session, without scratch.
    static func byteCount(of problem: StepProblem) -> Int {
      saturatingSum(
        saturatingProduct(operatorCount(of: problem), operatorByteCount),
        weightByteCount(of: problem), tableByteCount(of: problem))
    }

    /// The convolution's list of addresses: one a tap of each pixel of an image; depthwise kernels
    /// share the columns that neighbours have in common, and leave room for those between strides.
    static func tableByteCount(of problem: StepProblem) -> Int {
      guard case .convolution(let convolution) = problem.operation else { return 0 }
      let (kernel, shape) = (convolution.kernel, problem.output.shape)
      if kernel == .one, convolution.stride == .one, convolution.padding == .none { return 0 }
      let taps = saturatingProduct(kernel.height, kernel.width)
      let pointer = MemoryLayout<UnsafeRawPointer>.stride
      if hasDepthwiseKernel(problem, convolution) {
        let step = saturatingProduct(convolution.stride.width, kernel.height)
        let line = saturatingSum(taps, saturatingProduct(shape[2] - 1, step))
        return saturatingProduct(shape[1], line, pointer)
      }
      let pixels = roundedUp(saturatingProduct(shape[1], shape[2]), to: pixelTile)
      return saturatingProduct(pixels, taps, pointer)
    }

    /// Why a global average pool is not run; nil where it is.
    static func poolRefusal(of problem: StepProblem) -> String? {
      let channelCount = problem.inputs[0].shape.last
      return channelCount > maximumPoolChannelCount
        ? "its sums of \(channelCount) channels would lie on the stack" : nil
    }

    private static func weightByteCount(of problem: StepProblem) -> Int {
      switch problem.operation {
      case .fullyConnected(let layer): weightByteCount(of: Convolution(rows: layer), problem)
      case .convolution(let convolution): weightByteCount(of: convolution, problem)
      case .globalAveragePool: zeroByteCount(problem)
      case .batchNormalization, .channelScale, .activation, .add, .multiply, .averagePool, .slice,
        .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
        .dequantize:
        0
      }
    }

    /// A row of zeros, for what lies outside the image.
    private static func zeroByteCount(_ problem: StepProblem) -> Int {
      saturatingProduct(
        roundedUp(problem.inputs[0].shape.last, to: 64), problem.inputs[0].elementType.byteCount)
    }

    /// The packed weights and the row of zeros.
    private static func weightByteCount(
      of convolution: Convolution, _ problem: StepProblem
    ) -> Int {
      let inputs = problem.inputs[0].shape.last
      let outputs = problem.output.shape.last
      let groups = convolution.groups
      let packing: Packing = problem.isFloat ? .floats : .integers
      let taps = saturatingProduct(convolution.kernel.height, convolution.kernel.width)
      let (rows, depth) =
        if hasDepthwiseKernel(problem, convolution) {
          (roundedUp(outputs, to: packing.channelTile), taps)
        } else {
          (
            saturatingProduct(groups, roundedUp(outputs / groups, to: packing.outputTile)),
            saturatingProduct(taps, roundedUp(inputs / groups, to: packing.inputTile))
          )
        }
      let rowByteCount = saturatingSum(
        saturatingProduct(depth, packing.weightByteCount), packing.outputByteCount)
      return saturatingSum(saturatingProduct(rows, rowByteCount), zeroByteCount(problem))
    }

    static func operatorCount(of problem: StepProblem) -> Int {
      let activation =
        switch Epilogue(of: problem.operation) {
        case .silu:
          2
            * (problem.output.shape.elementCount / (scratchByteCount / MemoryLayout<Float>.stride)
              + 1)
        case .hardSwish, .sigmoid: 1
        case .clamp, nil: 0
        }
      switch problem.operation {
      case .convolution(let convolution): return activation + (convolution.hasResidual ? 2 : 1)
      case .concatenation: return problem.inputs.count
      case .fullyConnected, .activation, .batchNormalization, .channelScale, .add, .multiply,
        .globalAveragePool, .averagePool, .slice, .matrixProduct, .softmax, .reshape, .pad,
        .resizeBilinear, .quantize, .dequantize:
        return activation + 1
      }
    }

    static func hasDepthwiseKernel(
      _ problem: StepProblem, _ convolution: Convolution
    ) -> Bool {
      convolution.isDepthwise(
        inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last)
        && depthwiseTaps.contains(
          saturatingProduct(convolution.kernel.height, convolution.kernel.width))
    }

    static func roundedUp(_ count: Int, to unit: Int) -> Int {
      count > Int.max - unit ? .max : (count + unit - 1) / unit * unit
    }
  }
#endif
