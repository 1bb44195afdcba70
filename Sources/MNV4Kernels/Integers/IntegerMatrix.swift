import MNV4Core
import MNV4Graph

/// Weights of integer matrix products: panels of eight columns, each `depth` rows of eight bytes,
/// uint8 whatever the weights were; columns past the last are zero points. For each column of the
/// padded width a bias and the scale of its sums. The matrices of several groups follow one another.
struct IntegerMatrix: Sendable {
  let depth: Int
  /// Of one group.
  let columnCount: Int
  let isExactInFloat: Bool
  private let zeroPoint: Int32
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let scales: AlignedBuffer

  /// Of a layer with weights `[groups · columns, depth]`.
  init(
    _ problem: StepProblem, weights id: ConstantID, bias biasID: ConstantID?, groupCount: Int
  ) throws(BackendError) {
    let shape = problem.constant(id).shape
    let rowCount = shape[0]
    let depth = shape.elementCount / rowCount
    let columnCount = rowCount / groupCount
    let padded = columnCount.roundedUp(to: vectorWidth)
    let weights = try allocate(count: groupCount * padded * depth, of: UInt8.self)
    let bias = try allocate(count: groupCount * padded, of: Int32.self)
    let scales = try allocate(count: groupCount * padded, of: Float.self)
    let terms = problem.layerBias(biasID, count: rowCount)
    let reach = problem.inputs[0].largestStepCount
    var greatest = 0
    zeroPoint = try problem.withIntegers(id) { source throws(BackendError) in
      let packed = weights.pointer(as: UInt8.self)
      packed.update(
        repeating: UInt8(truncatingIfNeeded: source.zeroPoint), count: weights.byteCount)
      for row in 0..<rowCount {
        let (group, column) = row.quotientAndRemainder(dividingBy: columnCount)
        let (panel, lane) = (group * padded + column).quotientAndRemainder(
          dividingBy: vectorWidth)
        let target = packed + panel * depth * vectorWidth + lane
        var sum = 0
        for k in 0..<depth {
          target[k * vectorWidth] = source.bytes[row * depth + k] ^ source.flip
          sum += Int(abs(source[row * depth + k]))
        }
        greatest = max(greatest, sum * reach + Int(terms[row].magnitude))
      }
      return source.zeroPoint
    }
    for (row, scale) in problem.layerScales(id).enumerated() {
      let index = row / columnCount * padded + row % columnCount
      bias.pointer(as: Int32.self)[index] = terms[row]
      scales.pointer(as: Float.self)[index] = scale
    }
    self.depth = depth
    self.columnCount = columnCount
    self.weights = weights
    self.bias = bias
    self.scales = scales
    isExactInFloat = greatest <= exactFloatLimit
  }

  /// What such a matrix takes of a layer's weights.
  static func byteCount(_ weights: Shape, groupCount: Int) -> Int {
    let columns = (weights[0] / groupCount).roundedUp(to: vectorWidth)
    let depth = weights.elementCount / weights[0]
    return saturatingProduct(groupCount, columns, saturatingSum(depth, 8))
  }

  var buffers: [AlignedBuffer] { [weights, bias, scales] }

  var view: IntegerPanels {
    IntegerPanels(
      weights: UnsafePointer(weights.pointer(as: UInt8.self)), zeroPoint: zeroPoint,
      bias: UnsafePointer(bias.pointer(as: Int32.self)),
      scales: UnsafePointer(scales.pointer(as: Float.self)), depth: depth,
      columnCount: columnCount, isExactInFloat: isExactInFloat)
  }
}

/// Sums of integers up to this are exact in float32, in whatever order they are added.
let exactFloatLimit = 1 << 24

extension Value {
  /// How many steps an integer of the type can lie from the zero point.
  var largestStepCount: Int {
    guard let range = elementType.integerRange else { return 0 }
    return Int(max(range.upperBound - zeroPoint, zeroPoint - range.lowerBound))
  }
}

/// Pointers to one group's packed matrix.
struct IntegerPanels {
  let weights: UnsafePointer<UInt8>
  let zeroPoint: Int32
  let bias: UnsafePointer<Int32>
  let scales: UnsafePointer<Float>
  let depth: Int
  let columnCount: Int
  /// Whether no sum of any input, bias included, leaves the integers that float32 holds.
  let isExactInFloat: Bool

  var panelCount: Int { columnCount.roundedUp(to: vectorWidth) / vectorWidth }

  /// The group `index` after this one; with `sharesColumns` its bias and scales are this one's.
  func group(_ index: Int, sharesColumns: Bool) -> IntegerPanels {
    let shift = index &* panelCount &* vectorWidth
    return IntegerPanels(
      weights: weights + shift &* depth, zeroPoint: zeroPoint,
      bias: sharesColumns ? bias : bias + shift,
      scales: sharesColumns ? scales : scales + shift, depth: depth, columnCount: columnCount,
      isExactInFloat: isExactInFloat)
  }

  /// How many columns of the panel exist.
  @inline(__always)
  func width(ofPanel index: Int) -> Int {
    min(columnCount &- index &* vectorWidth, vectorWidth)
  }

  @inline(__always)
  func bias(ofPanel index: Int) -> SIMD8<Int32> {
    UnsafeRawPointer(bias + index &* vectorWidth).loadUnaligned(as: SIMD8<Int32>.self)
  }

  @inline(__always)
  func panel(_ index: Int) -> UnsafePointer<SIMD8<UInt8>> {
    UnsafeRawPointer(weights + index &* depth &* vectorWidth)
      .assumingMemoryBound(to: SIMD8<UInt8>.self)
  }

  /// Writes the panel's rows as floats, counted from the zero point.
  @inline(__always)
  func expand(panel index: Int, to target: UnsafeMutablePointer<FloatVector>) {
    let rows = panel(index)
    let zero = SIMD8(repeating: zeroPoint)
    var k = 0
    while k < depth {
      target[k] = FloatVector(SIMD8<Int32>(truncatingIfNeeded: rows[k]) &- zero)
      k &+= 1
    }
  }

  /// The sums of one row of integers, whose sum is `rowSum`, with a panel's columns and their bias.
  @inline(__always)
  func sums(
    of row: UnsafePointer<Int16>, rowSum: Int32, panel index: Int
  ) -> SIMD8<Int32> {
    let rows = panel(index)
    var sums = bias(ofPanel: index) &- SIMD8(repeating: zeroPoint &* rowSum)
    var k = 0
    while k < depth {
      sums &+=
        SIMD8<Int32>(truncatingIfNeeded: rows[k])
        &* SIMD8<Int32>(truncatingIfNeeded: SIMD8<Int16>(repeating: row[k]))
      k &+= 1
    }
    return sums
  }
}
