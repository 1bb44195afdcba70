import MNV4Core
import MNV4Graph

/// A convolution (or fully connected layer) computed as its definition says, one product after the
/// other: what the other kernels are compared with, and what remains where none applies.
struct PackedReferenceConvolution: PackedKernel {
  let geometry: WindowGeometry
  let groupCount: Int
  let activation: Activation
  let residual: Convolution.Residual
  /// `[outputs, height, width, inputs / groups]`, then `[outputs]`.
  let weights: AlignedBuffer
  let bias: AlignedBuffer

  init(_ problem: StepProblem) throws(BackendError) {
    guard case .convolution(let convolution) = problem.operation else {
      preconditionFailure("not a convolution")
    }
    try self.init(
      problem, convolution, geometry: WindowGeometry(convolution, of: problem))
  }

  /// A fully connected layer: a 1×1 convolution of an image of one column.
  init(fullyConnected problem: StepProblem) throws(BackendError) {
    guard case .fullyConnected(let layer) = problem.operation else {
      preconditionFailure("not a fully connected layer")
    }
    let convolution = Convolution(
      weights: layer.weights, bias: layer.bias, kernel: .one, activation: layer.activation)
    let geometry = WindowGeometry(
      rowCount: problem.output.shape.rowCount, inputChannels: problem.inputs[0].shape.last,
      outputChannels: problem.output.shape.last)
    try self.init(problem, convolution, geometry: geometry)
  }

  private init(
    _ problem: StepProblem, _ convolution: Convolution, geometry: WindowGeometry
  ) throws(BackendError) {
    let outputs = geometry.outputChannels
    let weightCount = outputs * geometry.tapCount * (geometry.inputChannels / convolution.groups)
    let weights = try allocate(floatCount: weightCount)
    let bias = try allocate(floatCount: outputs)
    try problem.withFloats(
      convolution.weights, convolution.bias
    ) { source, biasSource throws(BackendError) in
      weights.pointer(as: Float.self).update(from: source, count: weightCount)
      if let biasSource { bias.pointer(as: Float.self).update(from: biasSource, count: outputs) }
    }
    self.geometry = geometry
    groupCount = convolution.groups
    activation = convolution.activation
    residual = convolution.residual
    self.weights = weights
    self.bias = bias
  }

  var sharedByteCount: Int { weights.byteCount + bias.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let groupInputs = geometry.inputChannels / groupCount
    let rowCost =
      Double(geometry.outputWidth * geometry.outputChannels * geometry.tapCount * groupInputs)
      / Throughput.reference
    let body = ReferenceBody(
      input: binding.floats(0), output: binding.outputFloats,
      epilogue: Epilogue(activation: activation, residual: residual, of: binding),
      weights: UnsafePointer(weights.pointer(as: Float.self)),
      bias: UnsafePointer(bias.pointer(as: Float.self)), geometry: geometry,
      groupInputs: groupInputs, groupOutputs: geometry.outputChannels / groupCount,
      lines: Partition(
        count: geometry.batchCount * geometry.outputHeight, nanosecondsPerItem: rowCost,
        workers: workers))
    return ParallelStep(
      body, partCount: body.lines.partCount, workers: workers, keeping: [weights, bias])
  }
}

extension WindowGeometry {
  /// Rows of a matrix as the pixels of an image.
  init(rowCount: Int, inputChannels: Int, outputChannels: Int) {
    self.init(
      batchCount: 1, inputHeight: rowCount, inputWidth: 1, inputChannels: inputChannels,
      outputHeight: rowCount, outputWidth: 1, outputChannels: outputChannels, kernelHeight: 1,
      kernelWidth: 1, strideHeight: 1, strideWidth: 1, top: 0, left: 0)
  }
}

/// Nothing is aligned or read past its end; the output overlaps no operand.
private struct ReferenceBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let epilogue: Epilogue
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>
  let geometry: WindowGeometry
  let groupInputs: Int
  let groupOutputs: Int
  let lines: Partition

  func run(part: Int) {
    for line in lines[part] {
      let lineCount = geometry.outputWidth * geometry.outputChannels
      for x in 0..<geometry.outputWidth {
        for channel in 0..<geometry.outputChannels {
          let index = line * lineCount + x * geometry.outputChannels + channel
          let sum = sum(line: line, x: x, channel: channel)
          if let residual = epilogue.residual, channel < epilogue.residualChannelCount {
            output[index] = sum + residual[index]
          } else {
            output[index] = sum
          }
        }
      }
      epilogue.activation.apply(to: output + line * lineCount, count: lineCount)
    }
  }

  private func sum(line: Int, x: Int, channel: Int) -> Float {
    let image = line / geometry.outputHeight
    let y = line % geometry.outputHeight
    let firstInput = channel / groupOutputs * groupInputs
    var sum = bias[channel]
    for row in geometry.filterRows(at: y) {
      for column in geometry.filterColumns(at: x) {
        let inputRow = image * geometry.inputHeight + y * geometry.strideHeight - geometry.top + row
        let inputColumn = x * geometry.strideWidth - geometry.left + column
        let pixel =
          input + (inputRow * geometry.inputWidth + inputColumn) * geometry.inputChannels
          + firstInput
        let tap = (channel * geometry.kernelHeight + row) * geometry.kernelWidth + column
        let filter = weights + tap * groupInputs
        for k in 0..<groupInputs { sum += pixel[k] * filter[k] }
      }
    }
    return sum
  }
}
