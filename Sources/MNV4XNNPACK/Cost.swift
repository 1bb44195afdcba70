#if XNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Rough times, from throughputs measured on AVX-512 servers; they only rank backends.
  enum Cost {
    static let denseMACsPerNanosecond = 45.0
    static let depthwiseMACsPerNanosecond = 10.0
    /// Groups that XNNPACK has no depthwise kernel for: it runs them one after the other.
    static let groupedMACsPerNanosecond = 1.5
    /// Taps of the largest filter that it has a depthwise kernel for.
    static let depthwiseTaps = 25
    static let bytesPerNanosecond = 8.0
    static let overheadNanoseconds = 500.0

    static func nanoseconds(of problem: StepProblem) -> Double {
      let macs = Double(
        problem.operation.multiplyAccumulateCount(inputs: problem.inputs, output: problem.output))
      let elements = problem.inputs.reduce(problem.output.shape.elementCount) {
        $0 + $1.shape.elementCount
      }
      let memory = Double(4 * elements) / bytesPerNanosecond
      let activation = epilogueNanoseconds(of: problem)
      switch problem.operation {
      case .convolution(let convolution):
        let rate = rate(of: convolution, problem)
        return overheadNanoseconds + max(macs / rate, memory / 2) + activation
      case .fullyConnected, .matrixProduct:
        return overheadNanoseconds + macs / denseMACsPerNanosecond + activation
      case .activation:
        return overheadNanoseconds + max(memory, activation)
      case .batchNormalization, .channelScale, .add, .multiply, .globalAveragePool,
        .averagePool, .slice, .concatenation, .softmax, .reshape:
        return overheadNanoseconds + memory
      }
    }

    private static func rate(of convolution: Convolution, _ problem: StepProblem) -> Double {
      let isDepthwise = convolution.isDepthwise(
        inputChannels: problem.inputs[0].shape.last, outputChannels: problem.output.shape.last)
      guard isDepthwise else { return denseMACsPerNanosecond }
      let taps = convolution.kernel.height * convolution.kernel.width
      return taps <= depthwiseTaps ? depthwiseMACsPerNanosecond : groupedMACsPerNanosecond
    }

    /// Time for what the operator's bounds do not do.
    private static func epilogueNanoseconds(of problem: StepProblem) -> Double {
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
