import MNV4Core
import MNV4Graph

/// What an elementwise step does to each element before its activation.
enum ElementwiseKind: Sendable {
  /// first
  case copy
  /// first + second in the first `channelCount` elements of a row (all where nil), first in the others
  case add(channelCount: Int?)
  /// first · second
  case multiply
  /// first · second + third
  case affine
}

/// An elementwise step: rows of elements, and for each the row of the second operand it meets.
struct PackedElementwise: PackedKernel {
  let kind: ElementwiseKind
  let activation: Activation
  let rowCount: Int
  let rowLength: Int
  /// How many successive rows meet the same row of the second operand; 1 advances with each.
  let rowsPerSecond: Int
  /// Constants in place of the second and third operands.
  let factors: AlignedBuffer?
  let terms: AlignedBuffer?
  let hasSecond: Bool

  init(
    _ problem: StepProblem, kind: ElementwiseKind, activation: Activation, hasSecond: Bool,
    isFlat: Bool, factors: AlignedBuffer? = nil, terms: AlignedBuffer? = nil
  ) {
    let shape = problem.output.shape
    self.kind = kind
    self.activation = activation
    self.hasSecond = hasSecond
    self.factors = factors
    self.terms = terms
    if isFlat {
      // One dimension would leave nothing to share out: rows of a few kilobytes, the last shorter.
      rowCount = (shape.elementCount + Self.flatLength - 1) / Self.flatLength
      rowLength = Self.flatLength
      rowsPerSecond = 1
    } else {
      rowCount = shape.rowCount
      rowLength = shape.last
      if factors != nil {
        rowsPerSecond = rowCount
      } else {
        rowsPerSecond = rowCount / problem.inputs[1].shape.rowCount
      }
    }
    elementCount = shape.elementCount
  }

  private static let flatLength = 1024
  private let elementCount: Int

  var sharedByteCount: Int { (factors?.byteCount ?? 0) + (terms?.byteCount ?? 0) }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let constants = factors.map { UnsafePointer($0.pointer(as: Float.self)) }
    let body = ElementwiseBody(
      kind: kind, activation: activation,
      first: binding.floats(0), second: hasSecond ? binding.floats(1) : constants,
      third: terms.map { UnsafePointer($0.pointer(as: Float.self)) },
      output: binding.outputFloats, rowLength: rowLength, elementCount: elementCount,
      rowsPerSecond: rowsPerSecond,
      rows: Partition(
        count: rowCount, nanosecondsPerItem: Double(rowLength * 12) / Throughput.memory,
        workers: workers))
    return ParallelStep(
      body, partCount: body.rows.partCount, workers: workers,
      keeping: [factors, terms].compactMap(\.self))
  }
}

/// Any alignment. The output may be the first operand itself and overlaps no other. Nothing is read
/// or written outside the elements.
struct ElementwiseBody: StepBody {
  let kind: ElementwiseKind
  let activation: Activation
  let first: UnsafePointer<Float>
  let second: UnsafePointer<Float>?
  let third: UnsafePointer<Float>?
  let output: UnsafeMutablePointer<Float>
  let rowLength: Int
  let elementCount: Int
  let rowsPerSecond: Int
  let rows: Partition

  func run(part: Int) {
    for row in rows[part] {
      let start = row &* rowLength
      let count = min(rowLength, elementCount &- start)
      let source = first + start
      let target = output + start
      let other = second.map { $0 + row / rowsPerSecond &* rowLength }
      combine(source, other, target, count)
      activation.apply(to: target, count: count)
    }
  }

  @inline(__always)
  private func combine(
    _ source: UnsafePointer<Float>, _ other: UnsafePointer<Float>?,
    _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    switch kind {
    case .copy: copy(source, to: target, count: count)
    case .add(let channelCount):
      guard let other else { return }
      let added = min(channelCount ?? count, count)
      map(added) { index, lanes in
        store(
          load(source + index, lanes) + load(other + index, lanes), to: target + index,
          count: lanes)
      }
      copy(source + added, to: target + added, count: count &- added)
    case .multiply:
      guard let other else { return }
      map(count) { index, lanes in
        store(
          load(source + index, lanes) * load(other + index, lanes), to: target + index,
          count: lanes)
      }
    case .affine:
      guard let other, let third else { return }
      map(count) { index, lanes in
        store(
          load(source + index, lanes) * load(other + index, lanes) + load(third + index, lanes),
          to: target + index, count: lanes)
      }
    }
  }

  /// Calls `body` with every index of eight elements and how many of them there are.
  @inline(__always)
  private func map(_ count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
    var index = 0
    while index &+ vectorWidth <= count {
      body(index, vectorWidth)
      index &+= vectorWidth
    }
    if index < count { body(index, count &- index) }
  }
}

/// Copies unless both are the same memory.
@inline(__always)
func copy<Element: BitwiseCopyable>(
  _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Element>, count: Int
) {
  guard count > 0, UnsafePointer(target) != source else { return }
  target.update(from: source, count: count)
}
