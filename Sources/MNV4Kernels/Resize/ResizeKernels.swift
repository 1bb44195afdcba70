import MNV4Core
import MNV4Graph

/// Images of another height and width: `docs/quantization.md`, "Functions".
let resizeKernels: [Kernel] =
  [resizeKernel("f32_resize_bilinear_swift", .float32)]
  + integerTypes.map { type, prefix in resizeKernel("\(prefix)_resize_bilinear_swift", type) }

private func resizeKernel(_ name: String, _ type: ElementType) -> Kernel {
  Kernel(
    name: name,
    supports: { problem in
      guard case .resizeBilinear = problem.operation else { return false }
      return problem.output.elementType == type
    },
    nanoseconds: { Double($0.output.shape.elementCount) / Throughput.resize },
    memory: { problem in
      let shape = problem.output.shape
      return BackendMemory(
        sharedByteCount: saturatingProduct(
          saturatingSum(shape[1], shape[2]), MemoryLayout<ResizeTap>.stride))
    },
    pack: { problem throws(BackendError) in
      guard case .resizeBilinear(let resize) = problem.operation else {
        preconditionFailure("not a resize")
      }
      return try PackedResize(problem, resize)
    })
}

/// Between which two rows (or columns) of the input one of the output lies, and how far from the
/// first to the second.
struct ResizeTap {
  let first: Int32
  let second: Int32
  let fraction: Float

  /// In float32, rounded after every operation; positions outside the image move to its edge.
  init(_ index: Int, of count: Int, source: Int, _ resize: ResizeBilinear) {
    var position: Float
    if resize.alignsCorners {
      position = count == 1 ? 0 : Float(index) * (Float(source - 1) / Float(count - 1))
    } else {
      let step = Float(source) / Float(count)
      position =
        resize.usesHalfPixelCenters ? (Float(index) + 0.5) * step - 0.5 : Float(index) * step
    }
    position = min(max(position, 0), Float(source - 1))
    let row = min(Int(position), source - 1)
    first = Int32(truncatingIfNeeded: row)
    second = Int32(truncatingIfNeeded: min(row + 1, source - 1))
    fraction = position - Float(row)
  }
}

struct PackedResize: PackedKernel {
  let input: Value
  let output: Value
  /// A tap for each row of the output, then one for each column.
  let taps: AlignedBuffer

  init(_ problem: StepProblem, _ resize: ResizeBilinear) throws(BackendError) {
    input = problem.inputs[0]
    output = problem.output
    let shape = input.shape
    taps = try allocate(count: resize.height + resize.width, of: ResizeTap.self)
    let table = taps.pointer(as: ResizeTap.self)
    for y in 0..<resize.height {
      table[y] = ResizeTap(y, of: resize.height, source: shape[1], resize)
    }
    for x in 0..<resize.width {
      table[resize.height + x] = ResizeTap(x, of: resize.width, source: shape[2], resize)
    }
  }

  var sharedByteCount: Int { taps.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let rows = UnsafePointer(taps.pointer(as: ResizeTap.self))
    let lines = Partition(
      count: output.shape[0] * output.shape[1],
      nanosecondsPerItem: Double(output.shape[2] * output.shape[3]) / Throughput.resize,
      workers: workers)
    let geometry = ResizeGeometry(
      rows: rows, columns: rows + output.shape[1], inputHeight: input.shape[1],
      inputWidth: input.shape[2], outputHeight: output.shape[1], outputWidth: output.shape[2],
      channels: output.shape[3], lines: lines)
    guard !output.isFloat else {
      let body = FloatResizeBody(
        input: binding.floats(0), output: binding.outputFloats, geometry: geometry)
      return ParallelStep(body, partCount: lines.partCount, workers: workers, keeping: [taps])
    }
    let body = IntegerResizeBody(
      input: binding.integers(0, input),
      output: binding.outputBytes, geometry: geometry,
      epilogue: IntegerEpilogue(output, .identity), scale: input.scale / output.scale)
    return ParallelStep(body, partCount: lines.partCount, workers: workers, keeping: [taps])
  }
}

/// The extents of a resize and how its lines are shared.
private struct ResizeGeometry {
  let rows: UnsafePointer<ResizeTap>
  let columns: UnsafePointer<ResizeTap>
  let inputHeight: Int
  let inputWidth: Int
  let outputHeight: Int
  let outputWidth: Int
  let channels: Int
  let lines: Partition

  /// Calls `body` for every pixel of a part: where the first channels of its four neighbours lie,
  /// where its own lies, and its fractions.
  @inline(__always)
  func forEachPixel(
    part: Int, _ body: (_ corners: SIMD4<Int>, _ target: Int, _ fx: Float, _ fy: Float) -> Void
  ) {
    for line in lines[part] {
      let (image, y) = line.quotientAndRemainder(dividingBy: outputHeight)
      let row = rows[y]
      let top = (image &* inputHeight &+ Int(row.first)) &* inputWidth
      let bottom = (image &* inputHeight &+ Int(row.second)) &* inputWidth
      for x in 0..<outputWidth {
        let column = columns[x]
        let corners = SIMD4(
          top &+ Int(column.first), top &+ Int(column.second), bottom &+ Int(column.first),
          bottom &+ Int(column.second))
        body(
          corners &* SIMD4(repeating: channels), (line &* outputWidth &+ x) &* channels,
          column.fraction, row.fraction)
      }
    }
  }
}

@inline(__always)
private func blend(
  _ a: FloatVector, _ b: FloatVector, _ c: FloatVector, _ d: FloatVector, _ fx: Float, _ fy: Float
) -> FloatVector {
  let top = a + (b - a) * fx
  let bottom = c + (d - c) * fx
  return top + (bottom - top) * fy
}

/// Nothing is aligned. Up to 28 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
private struct FloatResizeBody: StepBody {
  let input: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let geometry: ResizeGeometry

  func run(part: Int) {
    geometry.forEachPixel(part: part) { corners, target, fx, fy in
      var channel = 0
      while channel < geometry.channels {
        let source = input + channel
        let value = blend(
          load(source + corners[0]), load(source + corners[1]), load(source + corners[2]),
          load(source + corners[3]), fx, fy)
        store(
          value, to: output + (target &+ channel),
          count: min(geometry.channels &- channel, vectorWidth))
        channel &+= vectorWidth
      }
    }
  }
}

/// Nothing is aligned. Up to 7 bytes past the end of the input are read, and never enter a result.
/// The output overlaps no operand.
private struct IntegerResizeBody: StepBody {
  let input: IntegerOperand
  let output: UnsafeMutablePointer<UInt8>
  let geometry: ResizeGeometry
  let epilogue: IntegerEpilogue
  let scale: Float

  func run(part: Int) {
    geometry.forEachPixel(part: part) { corners, target, fx, fy in
      var channel = 0
      while channel < geometry.channels {
        let source = input + channel
        let value = blend(
          source.floats(corners[0]), source.floats(corners[1]), source.floats(corners[2]),
          source.floats(corners[3]), fx, fy)
        epilogue.store(
          value, scale: scale, to: output, at: target &+ channel,
          count: min(geometry.channels &- channel, vectorWidth))
        channel &+= vectorWidth
      }
    }
  }
}
