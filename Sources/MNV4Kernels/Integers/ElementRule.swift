import MNV4Core
import MNV4Graph

/// One element of an output, computed as its definition says: what the other kernels are compared
/// with, and what remains where none applies.
protocol ElementRule {
  /// Writes element `index` of the output. Nothing is aligned, or read or written elsewhere.
  func write(_ index: Int)
}

/// A step whose elements are computed one by one.
struct PackedElements<Rule: ElementRule>: PackedKernel {
  let elementCount: Int
  let nanosecondsPerElement: Double
  let buffers: [AlignedBuffer]
  let rule: @Sendable (StepBinding) -> Rule

  /// - Parameters:
  ///   - buffers: what rules point into besides the operands.
  ///   - rule: the rule for operands at their places.
  init(
    _ problem: StepProblem, nanoseconds: Double, keeping buffers: [AlignedBuffer] = [],
    rule: @escaping @Sendable (StepBinding) -> Rule
  ) {
    elementCount = problem.output.shape.elementCount
    nanosecondsPerElement = nanoseconds / Double(elementCount)
    self.buffers = buffers
    self.rule = rule
  }

  var sharedByteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ElementsBody(
      rule: rule(binding),
      elements: Partition(
        count: elementCount, nanosecondsPerItem: nanosecondsPerElement, workers: workers))
    return ParallelStep(
      body, partCount: body.elements.partCount, workers: workers, keeping: buffers)
  }
}

private struct ElementsBody<Rule: ElementRule>: StepBody {
  let rule: Rule
  let elements: Partition

  func run(part: Int) {
    for index in elements[part] { rule.write(index) }
  }
}

/// The element types of 8 bits, and how the names of their kernels begin.
let integerTypes: [(type: ElementType, prefix: String)] = [(.int8, "s8"), (.uint8, "u8")]
