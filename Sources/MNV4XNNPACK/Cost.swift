#if XNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Rough times on one thread, from throughputs measured step by step in whole networks on a server
  /// core with AVX-512; they only rank backends.
  enum Cost {
    static let denseMACsPerNanosecond = 60.0
    /// Groups that XNNPACK has no depthwise kernel for: it runs them one after the other.
    static let groupedMACsPerNanosecond = 1.5
    /// Taps of the largest filter that it has a depthwise kernel for.
    static let depthwiseTaps = 25
    static let bytesPerNanosecond = 50.0
    /// A call, and a share of keeping threads apart from those of the other backends.
    static let overheadNanoseconds = 1_000.0

    static func nanoseconds(of problem: StepProblem) -> Double {
      let macs = Double(problem.multiplyAccumulateCount)
      let elements = problem.inputs.reduce(problem.output.shape.elementCount) {
        $0 + $1.shape.elementCount
      }
      let memory = Double(4 * elements) / bytesPerNanosecond
      let activation = activationNanoseconds(of: problem)
      switch problem.operation {
      case .convolution(let convolution):
        let isDepthwise = convolution.isDepthwise(
          inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last)
        let arithmetic =
          isDepthwise
          ? depthwiseNanoseconds(convolution, output: problem.output.shape)
          : macs / denseMACsPerNanosecond
        return overheadNanoseconds + max(arithmetic, memory) + activation
      case .fullyConnected, .matrixProduct:
        return overheadNanoseconds + macs / denseMACsPerNanosecond + activation
      case .softmax: return overheadNanoseconds + Double(elements) / 2
      case .activation, .batchNormalization, .channelScale, .add, .multiply, .globalAveragePool,
        .averagePool, .slice, .concatenation, .reshape, .pad, .resizeBilinear, .quantize,
        .dequantize:
        return overheadNanoseconds + memory + activation
      }
    }

    /// Each pixel costs its list of input rows, and each tap half a nanosecond a vector of sixteen
    /// channels; the channels beyond the last whole vector cost twice that.
    private static func depthwiseNanoseconds(
      _ convolution: Convolution, output: Shape
    ) -> Double {
      let taps = convolution.kernel.height * convolution.kernel.width
      guard taps <= depthwiseTaps else {
        return Double(output.elementCount * taps) / groupedMACsPerNanosecond
      }
      let (vectors, rest) = output.last.quotientAndRemainder(dividingBy: 16)
      let perTap = 0.5 * Double(vectors) + (rest > 0 ? 1 : 0)
      return Double(output.rowCount) * (5 + Double(taps) * perTap)
    }

    /// Time for what the operator's bounds do not do.
    private static func activationNanoseconds(of problem: StepProblem) -> Double {
      let count = Double(problem.output.shape.elementCount)
      switch Epilogue(of: problem.operation) {
      case .clamp, nil: return 0
      case .hardSwish: return count * 0.05
      case .sigmoid: return count * 0.1
      case .silu: return count * 0.15
      }
    }
  }
#endif
