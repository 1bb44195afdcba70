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
          + Double(problem.output.shape.elementCount) / rates.elements
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
  let addend: Int
  private let channelCount: Int
  /// Elements of a pixel of the addend and of the output.
  private let pixelLength: Int
  private let addendValue: Value
  private let rule: IntegerAddition

  /// Nil where the problem is not an operation and an addition. That the operation is an integer layer
  /// by matrix products is for the caller to see to.
  init?(_ problem: StepProblem) {
    guard problem.links.count == 2 else { return nil }
    self.init(problem.links[0], problem.links[1])
  }

  /// - Parameter next: reads what `link` gives.
  init?(_ link: StepProblem.Link, _ next: StepProblem.Link) {
    let output = next.problem.output
    guard case .add(let add) = next.problem.operation, !output.isFloat,
      let carried = next.carried, let addend = next.addend, Int32.holds(output.shape.last)
    else { return nil }
    // In a partial addition the layer gives all channels, the addend the first of them.
    guard carried == 0 || add.channelCount == nil else { return nil }
    self.addend = addend
    pixelLength = output.shape.last
    channelCount = add.channelCount ?? pixelLength
    addendValue = next.problem.inputs[1 - carried]
    rule = IntegerAddition(
      first: link.problem.output, second: addendValue, output: output, activation: add.activation)
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
