import MNV4Core
import MNV4Graph

/// Which rows of an image each row of a layer's output is made of.
struct RowWindow: Sendable {
  let kernel: Int
  let stride: Int
  /// Rows of padding above the image.
  let top: Int
  let inputHeight: Int
  let outputHeight: Int

  /// The rows of the image that rows of the output need: at least one, as padding on either side is less
  /// than the filter.
  func inputs(of outputs: Range<Int>) -> Range<Int> {
    guard !outputs.isEmpty else { return 0..<0 }
    let begin = max(outputs.lowerBound &* stride &- top, 0)
    let end = min((outputs.upperBound &- 1) &* stride &- top &+ kernel, inputHeight)
    return begin..<max(begin, end)
  }

  /// The most rows of the image that so many neighbouring rows of the output need.
  func inputCount(ofOutputs count: Int) -> Int {
    min((count - 1) * stride + kernel, inputHeight)
  }

  /// Rows of padding above the first of `inputs`, for an output that begins at `row`.
  func padding(above inputs: Range<Int>, at row: Int) -> Int {
    inputs.lowerBound &+ top &- row &* stride
  }
}

/// Some rows of a layer on one image.
struct RowCall {
  /// The first of `inputRows`, which are those that `outputRows` need. Up to 64 bytes past the last
  /// may be read.
  var input: UnsafeRawPointer
  var inputRows: Range<Int>
  /// The first of `outputRows`.
  var output: UnsafeMutableRawPointer
  var outputRows: Range<Int>
  /// What is added to the first of `outputRows`, where the layer adds something.
  var addend: UnsafeRawPointer?
  /// On a 64-byte boundary.
  var scratch: UnsafeMutableRawPointer
}

/// A layer with constants packed, ready to compute any rows of its output. `run` allocates nothing.
protocol RowLayer {
  func run(_ call: RowCall)
}

/// A layer of a chain that is computed by rows; immutable, shared by sessions.
protocol PackedRowLayer: Sendable {
  /// Bytes held once for all sessions.
  var sharedByteCount: Int { get }
  /// What the layer's pointers point into.
  var buffers: [AlignedBuffer] { get }
  func makeLayer() -> any RowLayer
}

/// A layer of a chain, in the kernel that computes its rows.
struct RowPart: Sendable {
  let window: RowWindow
  let inputRowByteCount: Int
  let outputRowByteCount: Int
  /// The chain's input that it adds; nil where it adds nothing.
  var addend: Int?
  /// An estimate for all rows, on one thread.
  let nanoseconds: Double
  /// Bytes held once for all sessions.
  let sharedByteCount: Int
  /// Bytes of scratch of a call for so many rows of the output.
  var scratchByteCount: @Sendable (Int) -> Int = { _ in 0 }
  let pack: @Sendable () throws(BackendError) -> any PackedRowLayer
}

extension RowPart {
  /// The parts of a chain, whose layers each read the output of the one before as an image, in kernels
  /// of at most the instruction set; nil where a layer is none of theirs. An addition after an integer
  /// matrix product becomes one part with it.
  static func parts(of problem: StepProblem, _ set: InstructionSet) -> [RowPart]? {
    var parts: [RowPart] = []
    var links = problem.links[...]
    while let link = links.popFirst() {
      if let next = links.first,
        let addition = ByteGemmAddition(link, next),
        let part = ByteGemm.all.first(where: { $0.set <= set && $0.kernel.supports(link.problem) })?
          .rowPart(link.problem, addition: addition)
      {
        links.removeFirst()
        parts.append(part)
        continue
      }
      guard let part = part(link, set) else { return nil }
      parts.append(part)
    }
    return parts.count > 1 ? parts : nil
  }

  private static func part(_ link: StepProblem.Link, _ set: InstructionSet) -> RowPart? {
    let problem = link.problem
    // Depthwise kernels first: matrix products know depthwise convolutions too, as groups of one.
    return ByteDepthwise.all.first { $0.set <= set && $0.kernel.supports(problem) }?
      .rowPart(problem)
      ?? FloatDepthwise.all.first { $0.set <= set && $0.kernel.supports(problem) }?.rowPart(link)
      ?? ByteGemm.all.first { $0.set <= set && $0.kernel.supports(problem) }?.rowPart(problem)
      ?? floatLayer(link, set)
      ?? ByteElementwise.all.first { $0.set <= set }?.rowPart(link)
  }

  /// As a step of its own would be computed.
  private static func floatLayer(_ link: StepProblem.Link, _ set: InstructionSet) -> RowPart? {
    let parts = [
      FloatGemm.all.first { $0.set <= set && $0.kernel.supports(link.problem) }?.rowPart(link),
      FloatStrassen.all.first { $0.set <= set }?.rowPart(link),
      FloatWinograd.all.first { $0.set <= set }?.rowPart(link),
    ]
    return parts.compactMap { $0 }.min { $0.nanoseconds < $1.nanoseconds }
  }
}

extension StepProblem {
  /// Bytes of a row of an operand of four extents.
  func rowByteCount(of value: Value) -> Int {
    saturatingProduct(value.shape[2], value.shape[3], value.elementType.byteCount)
  }
}

extension WindowGeometry {
  var rows: RowWindow {
    RowWindow(
      kernel: kernelHeight, stride: strideHeight, top: top, inputHeight: inputHeight,
      outputHeight: outputHeight)
  }
}
