import CMicrokernels
import MNV4Core
import MNV4Graph

/// Integer convolutions and fully connected layers with an addition after them, in one call.
func byteGemmAdditionKernels() -> [Kernel] { ByteGemm.all.map(\.additionKernel) }

extension ByteGemm {
  var additionKernel: Kernel {
    let layer = kernel
    return Kernel(
      name: "\(name)_add",
      supports: { ByteGemmAddition($0) != nil && layer.supports($0.links[0].problem) },
      nanoseconds: { problem in
        layer.nanoseconds(problem.links[0].problem)
          + Double(problem.output.shape.elementCount) / rates.addends
      },
      memory: { layer.memory($0.links[0].problem) },
      pack: { problem throws(BackendError) in
        let product = problem.links[0].problem
        guard let addition = ByteGemmAddition(problem), let layer = ByteGemmLayer(product) else {
          preconditionFailure("not \(name)_add")
        }
        return try PackedByteGemm(self, layer, product, addition: addition)
      },
      workspaceByteCount: { layer.workspaceByteCount($0.links[0].problem) })
  }
}

/// An addition of the product of a layer and a value that is known before.
struct ByteGemmAddition: Sendable {
  /// The step's input that is added.
  private let addend: Int
  private let channelCount: Int
  /// Elements of a pixel of the addend and of the output.
  private let pixelLength: Int
  private let addendValue: Value
  private let rule: IntegerAddition

  /// Nil where the problem is no integer layer and an addition. A layer by matrix products is for the
  /// caller to see to.
  init?(_ problem: StepProblem) {
    guard problem.links.count == 2, let last = problem.links.last,
      case .add(let add) = last.problem.operation, !problem.output.isFloat,
      let addend = last.operands.compactMap(\.self).first
    else { return nil }
    // In a partial addition the layer gives all channels, the addend the first of them.
    let isFirst = last.operands[0] == nil
    guard isFirst || add.channelCount == nil, Int32.holds(problem.output.shape.last) else {
      return nil
    }
    self.addend = addend
    pixelLength = problem.output.shape.last
    channelCount = add.channelCount ?? pixelLength
    addendValue = problem.inputs[addend]
    rule = IntegerAddition(
      first: problem.links[0].problem.output, second: addendValue, output: problem.output,
      activation: add.activation)
  }

  func problem(_ binding: StepBinding) -> mnv4_q8_gemm_addition {
    mnv4_q8_gemm_addition(
      addend: binding.inputs[addend], addend_pixel_stride: pixelLength,
      addend_channels: Int32(channelCount), addend_is_uint8: addendValue.elementType == .uint8,
      addend_zero_point: addendValue.zeroPoint, m1: rule.firstMultiplier,
      m2: rule.secondMultiplier, shift: rule.shift, zero_point: rule.zeroPoint,
      minimum: rule.range.lowerBound, maximum: rule.range.upperBound)
  }
}

extension mnv4_q8_gemm_addition {
  /// For `channelCount` channels from `channel` on, of the image that begins at `imageOffset`.
  mutating func offset(to channel: Int, of imageOffset: Int, channelCount: Int32) {
    addend += imageOffset &+ channel
    addend_channels = Swift.min(
      Swift.max(addend_channels &- Int32(truncatingIfNeeded: channel), 0), channelCount)
  }
}
