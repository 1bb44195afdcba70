#if XNNPACK
  import MNV4Core
  package import MNV4Graph

  /// Runs steps through XNNPACK's NHWC operators.
  ///
  /// XNNPACK packs weights inside each operator, so every session holds a copy of its own.
  package struct XNNPACKBackend: Backend {
    package init() {}

    package var name: String { "xnnpack" }

    package func assess(_ problem: StepProblem) -> Assessment {
      guard XNNPACKLibrary.isReady else {
        return .refuses(reason: "xnn_initialize answered \(XNNPACKLibrary.statusName)")
      }
      guard !problem.isChain else {
        return .refuses(reason: "it runs one operation a step")
      }
      guard problem.isFloat else {
        let integers = IntegerAssessment(problem: problem)
        if let reason = integers.refusal { return .refuses(reason: reason) }
        return .runs(
          kernel: integers.kernelName, nanoseconds: IntegerCost.nanoseconds(of: problem))
      }
      if let reason = refusal(of: problem) { return .refuses(reason: reason) }
      return .runs(kernel: kernelName(of: problem), nanoseconds: Cost.nanoseconds(of: problem))
    }

    package func memory(of problems: [StepProblem]) -> BackendMemory {
      BackendMemory(
        sessionByteCount: problems.reduce(Self.scratchByteCount(of: problems)) {
          saturatingSum($0, Memory.byteCount(of: $1))
        })
    }

    /// The scratch memory of a session.
    static func scratchByteCount(of problems: [StepProblem]) -> Int {
      problems.contains { Epilogue(of: $0.operation)?.needsScratch == true }
        ? Memory.scratchByteCount : 0
    }

    package func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps {
      guard XNNPACKLibrary.isReady else {
        throw .library(
          backend: name, step: problems.first?.name ?? "", call: "xnn_initialize",
          status: XNNPACKLibrary.statusName)
      }
      return XNNPACKSteps(problems: problems)
    }

    /// Why a float step is not run here; nil where it is.
    private func refusal(of problem: StepProblem) -> String? {
      let activation = problem.operation.fusedActivation
      switch problem.operation {
      case .convolution(let convolution):
        if case .channels = convolution.residual { return "no operator for a partial residual" }
        let table = Memory.tableByteCount(of: problem)
        if table > Memory.maximumTableByteCount {
          return "its table of input rows would take \(table.byteText)"
        }
        return Epilogue(activation) == nil ? "no operator for \(activation.name)" : nil
      case .fullyConnected:
        return Epilogue(activation) == nil ? "no operator for \(activation.name)" : nil
      case .activation(let function):
        return Epilogue(function) == nil ? "no operator for \(function.name)" : nil
      case .add(let add):
        if add.channelCount != nil { return "no operator for a partial add" }
        return activation.clampBounds == nil ? "no operator for \(activation.name)" : nil
      case .multiply:
        return activation.clampBounds == nil ? "no operator for \(activation.name)" : nil
      case .globalAveragePool: return Memory.poolRefusal(of: problem)
      case .slice, .concatenation, .reshape: return nil
      case .softmax:
        return problem.isReproducible
          ? "among integers, softmax is that of docs/quantization.md; its own differs in the last bits"
          : nil
      case .batchNormalization: return "no operator for batch normalization"
      case .channelScale: return "no operator for a channel scale"
      case .averagePool: return "no operator for an average pool of windows"
      case .matrixProduct: return "no operator for a product of two activations"
      case .pad: return "no operator for padding"
      case .resizeBilinear: return "no operator for a bilinear resize"
      case .quantize, .dequantize: return "no operator for a change of element type"
      }
    }

    /// The operators that a step becomes, as XNNPACK names them.
    private func kernelName(of problem: StepProblem) -> String {
      switch problem.operation {
      case .convolution(let convolution):
        var names = ["convolution_nhwc_f32"]
        if convolution.hasResidual { names.append("add_nd_f32") }
        if let name = Epilogue(convolution.activation)?.operatorName { names.append(name) }
        return names.joined(separator: " + ")
      case .fullyConnected(let layer):
        return
          (["fully_connected_nc_f32"]
          + [Epilogue(layer.activation)?.operatorName].compactMap(\.self))
          .joined(separator: " + ")
      case .activation(let function):
        return Epilogue(function)?.operatorName ?? "clamp_nc_f32"
      case .add: return "add_nd_f32"
      case .multiply: return "multiply_nd_f32"
      case .globalAveragePool: return "global_average_pooling_nwc_f32"
      case .slice, .concatenation, .reshape: return "copy_nc_x32"
      case .softmax: return "softmax_nc_f32"
      case .batchNormalization, .channelScale, .averagePool, .matrixProduct, .pad,
        .resizeBilinear, .quantize, .dequantize:
        return "none"
      }
    }
  }
#endif
