import MNV4Core
import MNV4Graph

/// Weights of matrix products in the layout of `RowTile`: panels of eight columns, each `depth` rows
/// of eight floats; columns past the last are zeros. The bias (zeros where there is none) is in a
/// buffer of the same padded width. The matrices of several groups follow one another.
struct PackedMatrix: Sendable {
  static let panelWidth = vectorWidth

  let depth: Int
  /// Of one group.
  let columnCount: Int
  let groupCount: Int
  let weights: AlignedBuffer
  let bias: AlignedBuffer

  /// From `[groups, columns, depth]` weights and a bias `[groups, columns]`.
  init(
    rows: UnsafePointer<Float>, depth: Int, columnCount: Int, groupCount: Int = 1,
    bias biasElements: UnsafePointer<Float>?
  ) throws(BackendError) {
    let paddedColumns = columnCount.roundedUp(to: Self.panelWidth)
    let weights = try allocate(floatCount: groupCount * paddedColumns * depth)
    let bias = try allocate(floatCount: groupCount * paddedColumns)
    let packed = weights.pointer(as: Float.self)
    let packedBias = bias.pointer(as: Float.self)
    for row in 0..<groupCount * columnCount {
      let (group, column) = row.quotientAndRemainder(dividingBy: columnCount)
      let padded = group * paddedColumns + column
      let (panel, lane) = padded.quotientAndRemainder(dividingBy: Self.panelWidth)
      let source = rows + row * depth
      let destination = packed + panel * depth * Self.panelWidth + lane
      for k in 0..<depth { destination[k * Self.panelWidth] = source[k] }
      if let biasElements { packedBias[padded] = biasElements[row] }
    }
    self.depth = depth
    self.columnCount = columnCount
    self.groupCount = groupCount
    self.weights = weights
    self.bias = bias
  }

  /// Of the weights and the bias of such a matrix.
  static func floatCount(depth: Int, columnCount: Int, groupCount: Int = 1) -> Int {
    saturatingProduct(groupCount, columnCount.roundedUp(to: panelWidth), depth + 1)
  }

  var byteCount: Int { weights.byteCount + bias.byteCount }

  /// The first group's.
  var view: PanelView {
    PanelView(
      weights: UnsafeRawPointer(weights.pointer(as: Float.self))
        .assumingMemoryBound(to: FloatVector.self),
      bias: UnsafePointer(bias.pointer(as: Float.self)), depth: depth, columnCount: columnCount)
  }
}

/// Pointers to one group's packed matrix.
struct PanelView {
  /// On a 32-byte boundary.
  let weights: UnsafePointer<FloatVector>
  let bias: UnsafePointer<Float>
  let depth: Int
  let columnCount: Int

  var panelCount: Int {
    (columnCount &+ PackedMatrix.panelWidth &- 1) / PackedMatrix.panelWidth
  }

  /// The group `index` after this one, with a bias of its own unless there is none.
  func group(_ index: Int, hasBias: Bool = true) -> PanelView {
    let shift = index &* panelCount
    return PanelView(
      weights: panel(shift), bias: hasBias ? bias + shift &* PackedMatrix.panelWidth : bias,
      depth: depth, columnCount: columnCount)
  }

  @inline(__always)
  func panel(_ index: Int) -> UnsafePointer<FloatVector> { weights + index &* depth }

  @inline(__always)
  func bias(ofPanel index: Int) -> FloatVector { load(bias + index &* PackedMatrix.panelWidth) }

  /// How many columns of the panel exist.
  @inline(__always)
  func width(ofPanel index: Int) -> Int {
    min(columnCount &- index &* PackedMatrix.panelWidth, PackedMatrix.panelWidth)
  }
}

/// What happens to a sum before it is stored.
struct Epilogue {
  /// Laid out like the output; added before the activation.
  let residual: UnsafePointer<Float>?
  /// How many of the first channels the residual is added to.
  let residualChannelCount: Int
  let clamp: Clamp
  let activation: Activation
  /// Whether the activation is a pass over the stored sums.
  let needsPass: Bool

  init(
    activation: Activation, residual: UnsafePointer<Float>? = nil,
    residualChannelCount: Int = .max
  ) {
    self.residual = residual
    self.residualChannelCount = residualChannelCount
    self.activation = activation
    clamp = Clamp(activation.clampBounds)
    needsPass = activation.clampBounds == nil
  }

  /// Of a convolution whose residual, if any, is the binding's second input.
  init(activation: Activation, residual: Convolution.Residual, of binding: StepBinding) {
    switch residual {
    case .none: self.init(activation: activation)
    case .whole: self.init(activation: activation, residual: binding.floats(1))
    case .channels(let count):
      self.init(
        activation: activation, residual: binding.floats(1), residualChannelCount: count)
    }
  }

  /// For an output that starts `channel` channels later.
  func shifted(by channel: Int) -> Epilogue {
    Epilogue(
      activation: activation, residual: residual.map { $0 + channel },
      residualChannelCount: residualChannelCount &- channel)
  }

  /// Stores `count` lanes of `sum`, channels from `channel` on, at `offset` of the output. Neither is
  /// aligned; with a residual it reads 32 bytes of it from the same offset.
  @inline(__always)
  func store(
    _ sum: FloatVector, to output: UnsafeMutablePointer<Float>, offset: Int, channel: Int,
    count: Int
  ) {
    var sum = sum
    if let residual {
      let left = residualChannelCount &- channel
      if left >= vectorWidth {
        sum += load(residual + offset)
      } else if left > 0 {
        sum += load(residual + offset).replacing(
          with: 0, where: laneNumbers .>= Int32(truncatingIfNeeded: left))
      }
    }
    MNV4Kernels.store(clamp(sum), to: output + offset, count: count)
  }
}

private let laneNumbers = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
