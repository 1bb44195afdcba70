#if XNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Rough times of integer steps on one thread, measured operator by operator on a server core with
  /// AVX-512, for which this version multiplies pairs of 16-bit numbers; they only rank backends.
  enum IntegerCost {
    private static let overheadNanoseconds = 50.0
    private static let macsPerNanosecond = 145.0
    /// Of an output's requantization and store.
    private static let outputNanoseconds = 0.2
    private static let outputTile = 16
    private static let inputTile = 8

    static func nanoseconds(of problem: StepProblem) -> Double {
      let count = Double(problem.output.shape.elementCount)
      let rows = Double(problem.output.shape.rowCount)
      return overheadNanoseconds + Double(Memory.operatorCount(of: problem) - 1) * 20
        + {
          switch problem.operation {
          case .convolution(let convolution):
            Memory.hasDepthwiseKernel(problem, convolution)
              ? depthwiseNanoseconds(convolution, output: problem.output.shape)
              : denseNanoseconds(convolution, of: problem)
          case .fullyConnected(let layer):
            denseNanoseconds(Convolution(rows: layer), of: problem)
          case .add: count * 0.09
          case .multiply:
            count * (problem.inputs[1].shape == problem.output.shape ? 0.18 : 0.24)
          case .globalAveragePool: Double(problem.inputs[0].shape.elementCount) * 0.027
          case .activation: count * 0.025
          case .dequantize: count * 0.04
          case .reshape: count * 0.012
          case .slice, .concatenation:
            rows * Double(problem.inputs.count) * 3 + count * 0.012
          case .pad: rows * 11 + count * 0.03
          case .batchNormalization, .channelScale, .averagePool, .matrixProduct, .softmax,
            .resizeBilinear, .quantize:
            0
          }
        }()
    }

    /// Each group by itself, its channels rounded up to what a kernel works on.
    private static func denseNanoseconds(
      _ convolution: Convolution, of problem: StepProblem
    ) -> Double {
      let groups = convolution.groups
      let taps = Double(convolution.kernel.height) * Double(convolution.kernel.width)
      let depth =
        taps * Double(Memory.roundedUp(problem.inputs[0].shape.last / groups, to: inputTile))
      let outputs =
        Double(groups)
        * Double(Memory.roundedUp(problem.output.shape.last / groups, to: outputTile))
      return Double(problem.output.shape.rowCount) * outputs
        * (depth / macsPerNanosecond + outputNanoseconds)
    }

    /// By the vector of sixteen channels; a filter of 25 taps costs more for each.
    private static func depthwiseNanoseconds(
      _ convolution: Convolution, output: Shape
    ) -> Double {
      let taps = Double(convolution.kernel.height * convolution.kernel.width)
      let vectors = Double(Memory.roundedUp(output.last, to: 16) / 16)
      return Double(output.rowCount) * (4 + taps * vectors * (taps > 9 ? 0.82 : 0.47))
    }
  }
#endif
