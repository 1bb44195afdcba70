import MNV4Core
import MNV4Graph

/// Integer convolutions and fully connected layers by their definition.
let referenceLayerKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    Kernel(
      name: "\(prefix)_conv_swift_reference",
      supports: { problem in
        guard case .convolution = problem.operation else { return false }
        return problem.inputs[0].elementType == type
      },
      nanoseconds: { $0.nanoseconds(rate: Throughput.reference) },
      memory: { IntegerLayerConstants.memory($0) },
      pack: { problem throws(BackendError) in
        guard case .convolution(let convolution) = problem.operation else {
          preconditionFailure("not a convolution")
        }
        return try packReference(
          problem, IntegerLayerConstants(problem, convolution.weights, convolution.bias),
          geometry: WindowGeometry(convolution, of: problem), groupCount: convolution.groups,
          activation: convolution.activation)
      }),
    Kernel(
      name: "\(prefix)_fully_connected_swift_reference",
      supports: { problem in
        guard case .fullyConnected = problem.operation else { return false }
        return problem.inputs[0].elementType == type
      },
      nanoseconds: { $0.nanoseconds(rate: Throughput.reference) },
      memory: { IntegerLayerConstants.memory($0) },
      pack: { problem throws(BackendError) in
        guard case .fullyConnected(let layer) = problem.operation else {
          preconditionFailure("not a fully connected layer")
        }
        return try packReference(
          problem, IntegerLayerConstants(problem, layer.weights, layer.bias),
          geometry: WindowGeometry(
            rowCount: problem.output.shape.rowCount, inputChannels: problem.inputs[0].shape.last,
            outputChannels: problem.output.shape.last),
          groupCount: 1, activation: layer.activation)
      }),
  ]
}

/// The constants of an integer layer as they are: weights counted from their zero point, then for
/// each output a bias and the scale of its sums.
struct IntegerLayerConstants {
  let weights: AlignedBuffer
  let bias: AlignedBuffer
  let scales: AlignedBuffer

  init(_ problem: StepProblem, _ weights: ConstantID, _ bias: ConstantID?) throws(BackendError) {
    let shape = problem.constant(weights).shape
    self.weights = try allocate(count: shape.elementCount, of: Int16.self)
    self.bias = try allocate(count: shape[0], of: Int32.self)
    scales = try allocate(count: shape[0], of: Float.self)
    let target = self.weights.pointer(as: Int16.self)
    try problem.withIntegers(weights) { source throws(BackendError) in
      for index in 0..<shape.elementCount { target[index] = Int16(source[index]) }
    }
    self.bias.pointer(as: Int32.self).update(
      from: problem.layerBias(bias, count: shape[0]), count: shape[0])
    scales.pointer(as: Float.self).update(
      from: problem.layerScales(weights), count: shape[0])
  }

  static func memory(_ problem: StepProblem) -> BackendMemory {
    let shape = problem.constant(problem.operation.constants[0]).shape
    return BackendMemory(
      sharedByteCount: saturatingSum(
        saturatingProduct(shape.elementCount, 2), saturatingProduct(shape[0], 8)))
  }

  var buffers: [AlignedBuffer] { [weights, bias, scales] }
}

private func packReference(
  _ problem: StepProblem, _ constants: IntegerLayerConstants, geometry: WindowGeometry,
  groupCount: Int, activation: Activation
) throws(BackendError) -> any PackedKernel {
  let sums = SumRule(problem.output, activation)
  return PackedElements(
    problem, nanoseconds: problem.nanoseconds(rate: Throughput.reference),
    keeping: constants.buffers
  ) { binding in
    IntegerLayerRule(
      input: problem.operand(0, binding), output: binding.output,
      weights: UnsafePointer(constants.weights.pointer(as: Int16.self)),
      bias: UnsafePointer(constants.bias.pointer(as: Int32.self)),
      scales: UnsafePointer(constants.scales.pointer(as: Float.self)), geometry: geometry,
      groupInputs: geometry.inputChannels / groupCount,
      groupOutputs: geometry.outputChannels / groupCount, sums: sums)
  }
}

/// The output overlaps no operand.
private struct IntegerLayerRule: ElementRule {
  let input: IntegerOperand
  let output: UnsafeMutableRawPointer
  let weights: UnsafePointer<Int16>
  let bias: UnsafePointer<Int32>
  let scales: UnsafePointer<Float>
  let geometry: WindowGeometry
  let groupInputs: Int
  let groupOutputs: Int
  let sums: SumRule

  func write(_ index: Int) {
    let (pixel, channel) = index.quotientAndRemainder(dividingBy: geometry.outputChannels)
    let (line, x) = pixel.quotientAndRemainder(dividingBy: geometry.outputWidth)
    let (image, y) = line.quotientAndRemainder(dividingBy: geometry.outputHeight)
    let firstInput = channel / groupOutputs * groupInputs
    var sum = bias[channel]
    // Pixels outside the image are zeros and add nothing.
    for row in geometry.filterRows(at: y) {
      for column in geometry.filterColumns(at: x) {
        let inputRow = image * geometry.inputHeight + y * geometry.strideHeight - geometry.top + row
        let inputColumn = x * geometry.strideWidth - geometry.left + column
        let source =
          (inputRow * geometry.inputWidth + inputColumn) * geometry.inputChannels + firstInput
        let tap = (channel * geometry.kernelHeight + row) * geometry.kernelWidth + column
        let filter = weights + tap * groupInputs
        for k in 0..<groupInputs { sum &+= input[source + k] &* Int32(filter[k]) }
      }
    }
    sums.store(sum, scale: scales[channel], to: output, at: index)
  }
}
