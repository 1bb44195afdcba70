import MNV4Core
import MNV4Graph

/// Integer convolutions and fully connected layers as matrix products.
let integerLayerKernels: [Kernel] = integerTypes.flatMap { type, prefix in
  [
    layerKernel("\(prefix)_pointwise_swift_6x8", type) { problem in
      guard case .convolution(let convolution) = problem.operation, convolution.isPointwise else {
        return nil
      }
      return LayerShape(problem, convolution, isDense: true)
    },
    layerKernel("\(prefix)_conv_swift_6x8", type) { problem in
      guard case .convolution(let convolution) = problem.operation else { return nil }
      return LayerShape(problem, convolution, isDense: false)
    },
    layerKernel("\(prefix)_fully_connected_swift_6x8", type) { problem in
      guard case .fullyConnected(let layer) = problem.operation else { return nil }
      return LayerShape(problem, layer)
    },
  ]
}

/// An integer convolution or fully connected layer as products of rows with matrices.
private struct LayerShape {
  let weights: ConstantID
  let bias: ConstantID?
  let activation: Activation
  let groupCount: Int
  /// Nil where the rows lie one after the other.
  let geometry: WindowGeometry?
  let rowCount: Int
  /// Elements of a row.
  let depth: Int
  let columnCount: Int

  init(_ problem: StepProblem, _ convolution: Convolution, isDense: Bool) {
    weights = convolution.weights
    bias = convolution.bias
    activation = convolution.activation
    groupCount = convolution.groups
    let geometry = WindowGeometry(convolution, of: problem)
    self.geometry = isDense ? nil : geometry
    rowCount = problem.output.shape.rowCount
    depth = geometry.tapCount * (geometry.inputChannels / groupCount)
    columnCount = geometry.outputChannels / groupCount
  }

  init(_ problem: StepProblem, _ layer: FullyConnected) {
    weights = layer.weights
    bias = layer.bias
    activation = layer.activation
    groupCount = 1
    geometry = nil
    rowCount = problem.output.shape.rowCount
    depth = problem.inputs[0].shape.last
    columnCount = problem.output.shape.last
  }

  var workspaceByteCount: Int {
    IntegerMatrixBody<DenseRows>.workspaceByteCount(depth: depth, rowCount: rowCount)
  }

  func nanoseconds(_ problem: StepProblem) -> Double {
    // Each panel of weights is expanded for every block of rows; rows are expanded once. Sums of few
    // columns leave lanes idle.
    let panels = Double(groupCount * (columnCount.roundedUp(to: vectorWidth) / vectorWidth))
    let tiles = Double(rowCount.roundedUp(to: RowTile.rowCount))
    let products = tiles * Double(depth) * panels * Double(vectorWidth)
    let expanded =
      Double(rowCount) * Double(depth * groupCount) + Double(depth) * panels * Double(vectorWidth)
    return max(
      products / Throughput.integerMatrix + expanded / Throughput.expansion,
      problem.memoryNanoseconds)
  }
}

/// `make` returns nil for the problems that the kernel does not compute.
private func layerKernel(
  _ name: String, _ type: ElementType, make: @escaping @Sendable (StepProblem) -> LayerShape?
) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard problem.inputs[0].elementType == type, let layer = make(problem) else { return false }
      return layer.workspaceByteCount <= Workspace.maximumSlotByteCount
    },
    nanoseconds: { make($0)?.nanoseconds($0) ?? 0 },
    memory: { problem in
      guard let layer = make(problem) else { return .none }
      return BackendMemory(
        sharedByteCount: IntegerMatrix.byteCount(
          problem.constant(layer.weights).shape, groupCount: layer.groupCount))
    },
    pack: { problem throws(BackendError) in
      guard let layer = make(problem) else { preconditionFailure("not \(name)") }
      return try PackedIntegerLayer(problem, layer)
    },
    workspaceByteCount: { make($0)?.workspaceByteCount ?? 0 })
}

private struct PackedIntegerLayer: PackedKernel {
  let layer: LayerShape
  let matrix: IntegerMatrix
  let input: Value
  let epilogue: IntegerEpilogue

  init(_ problem: StepProblem, _ layer: LayerShape) throws(BackendError) {
    self.layer = layer
    matrix = try IntegerMatrix(
      problem, weights: layer.weights, bias: layer.bias, groupCount: layer.groupCount)
    input = problem.inputs[0]
    epilogue = IntegerEpilogue(problem.output, layer.activation)
  }

  var sharedByteCount: Int { matrix.buffers.reduce(0) { $0 + $1.byteCount } }
  var workspaceByteCount: Int { layer.workspaceByteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let operand = binding.integers(0, input)
    guard let geometry = layer.geometry else {
      let rows = DenseRows(input: operand, depth: layer.depth, rowCount: layer.rowCount)
      return step(rows, binding, workers)
    }
    let rows = WindowRows(
      input: operand, geometry: geometry,
      groupInputs: geometry.inputChannels / layer.groupCount)
    return step(rows, binding, workers)
  }

  private func step(
    _ rows: some IntegerRowSource, _ binding: StepBinding, _ workers: Workers
  ) -> any PreparedStep {
    let target = IntegerTarget(
      output: binding.output, epilogue: epilogue,
      rowStride: layer.groupCount * layer.columnCount, groupStride: layer.columnCount)
    let body = IntegerMatrixBody(
      rows: rows, panels: matrix.view, target: target, rowCount: layer.rowCount,
      groupCount: layer.groupCount, workers: workers)
    return ParallelStep(
      body, partCount: body.partCount, workers: workers, keeping: matrix.buffers)
  }
}
