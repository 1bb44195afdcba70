import CMicrokernels
import MNV4Core
import MNV4Graph

/// A table of 256 integers for all elements.
struct PackedByteLookup: PackedKernel {
  let table: IntegerTable
  let elementCount: Int
  let kernels: ByteElementwise

  var sharedByteCount: Int { table.buffer.byteCount }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteLookupBody(
      run: kernels.lookup, table: table.pointer, input: binding.inputs[0],
      output: binding.output,
      elements: Partition(
        count: elementCount, unit: 64, nanosecondsPerItem: 1 / kernels.rate, workers: workers))
    return ParallelStep(
      body, partCount: body.elements.partCount, workers: workers, keeping: [table.buffer])
  }
}

private struct ByteLookupBody: StepBody {
  let run: ByteLookupFunction
  let table: UnsafePointer<UInt8>
  let input: UnsafeRawPointer
  let output: UnsafeMutableRawPointer
  let elements: Partition

  func run(part: Int) {
    let range = elements[part]
    run(table, input + range.lowerBound, output + range.lowerBound, range.count)
  }
}

// MARK: Means

/// Means over whole images.
struct PackedByteMean: PackedKernel {
  let input: Value
  let output: Value
  let kernels: ByteElementwise

  init(_ step: StepProblem, _ kernels: ByteElementwise) {
    input = step.inputs[0]
    output = step.output
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let pixels = input.shape.elementCount / output.shape.elementCount
    let problem = mnv4_q8_mean(
      output: mnv4_q8_elements(output), input_zero_point: input.zeroPoint,
      scale: Requantization.scale(mean: pixels, input: input.scale, output: output.scale),
      input: binding.inputs[0], means: binding.output, pixel_count: pixels,
      channels: input.shape.last, channel_begin: 0, channel_end: 0)
    let body = ByteMeanBody(
      run: kernels.mean, problem: problem, imageCount: input.shape[0],
      channels: Partition(
        count: input.shape.last, unit: 64,
        nanosecondsPerItem: Double(pixels) / (5 * kernels.rate), workers: workers))
    return ParallelStep(body, partCount: body.partCount, workers: workers)
  }
}

private struct ByteMeanBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_q8_mean>?) -> Void
  /// Of the first image.
  let problem: mnv4_q8_mean
  let imageCount: Int
  let channels: Partition

  var partCount: Int { imageCount * channels.partCount }

  func run(part: Int) {
    let (image, run) = part.quotientAndRemainder(dividingBy: channels.partCount)
    var own = problem
    own.input += image &* own.pixel_count &* own.channels
    own.means += image &* own.channels
    own.channel_begin = channels[run].lowerBound
    own.channel_end = channels[run].upperBound
    self.run(&own)
  }
}
