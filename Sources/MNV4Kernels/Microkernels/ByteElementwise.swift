import CMicrokernels
import MNV4Core
import MNV4Graph

/// Additions, products, functions and means of integers.
func byteElementwiseKernels() -> [Kernel] {
  UnsafeBufferPointer(
    start: mnv4_q8_elementwise_sets(), count: Int(mnv4_q8_elementwise_set_count())
  ).flatMap { ByteElementwise($0)?.kernels ?? [] }
}

/// An instruction set's kernels of the C list, one that this processor runs.
private struct ByteElementwise: Sendable {
  let name: String
  /// Elements a nanosecond.
  let rate: Double
  let add: @convention(c) (UnsafePointer<mnv4_q8_addition>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let multiply:
    @convention(c) (UnsafePointer<mnv4_q8_product>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let lookup:
    @convention(c) (
      UnsafePointer<UInt8>?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int
    ) -> Void
  let mean: @convention(c) (UnsafePointer<mnv4_q8_mean>?) -> Void

  init?(_ entry: mnv4_q8_elementwise_set) {
    guard let set = InstructionSet(features: entry.features), let name = entry.name,
      let add = entry.add, let multiply = entry.multiply, let lookup = entry.lookup,
      let mean = entry.mean
    else { return nil }
    self.name = String(cString: name)
    rate = MicrokernelRates.integers(set).elements
    self.add = add
    self.multiply = multiply
    self.lookup = lookup
    self.mean = mean
  }

  var kernels: [Kernel] {
    [
      Kernel(
        name: "q8_add_\(name)",
        supports: { problem in
          guard case .add = problem.operation else { return false }
          return !problem.isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteAddition(problem, self) }),
      Kernel(
        name: "q8_multiply_\(name)",
        supports: { problem in
          guard case .multiply = problem.operation else { return false }
          return !problem.isFloat
        },
        nanoseconds: nanoseconds, memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteProduct(problem, self) }),
      Kernel(
        name: "q8_lookup_\(name)",
        supports: { Self.function(of: $0) != nil },
        nanoseconds: nanoseconds,
        memory: { _ in BackendMemory(sharedByteCount: IntegerTable.byteCount) },
        pack: { problem throws(BackendError) in
          PackedByteLookup(
            table: try IntegerTable(
              from: problem.inputs[0], to: problem.output, Self.function(of: problem) ?? .identity),
            elementCount: problem.output.shape.elementCount, kernels: self)
        }),
      Kernel(
        name: "q8_mean_\(name)",
        supports: { problem in
          let pixels = problem.inputs[0].shape.elementCount / problem.output.shape.elementCount
          return problem.operation == .globalAveragePool && !problem.isFloat && pixels <= 1 << 23
        },
        nanoseconds: { Double($0.inputs[0].shape.elementCount) / (5 * rate) + overhead },
        memory: { _ in .none },
        pack: { problem throws(BackendError) in PackedByteMean(problem, self) }),
    ]
  }

  private var overhead: Double { MicrokernelRates.overheadNanoseconds }

  private var nanoseconds: @Sendable (StepProblem) -> Double {
    { Double($0.output.shape.elementCount) / rate + overhead }
  }

  /// What a table stands for; nil where the problem is no function of one integer.
  private static func function(of problem: StepProblem) -> Activation? {
    guard !problem.inputs[0].isFloat, !problem.output.isFloat else { return nil }
    return switch problem.operation {
    case .activation(let activation): activation
    case .quantize: .identity
    case .convolution, .fullyConnected, .batchNormalization, .channelScale, .add, .multiply,
      .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct, .softmax,
      .reshape, .pad, .resizeBilinear, .dequantize:
      nil
    }
  }
}

extension mnv4_q8_elements {
  fileprivate init(_ output: Value, _ activation: Activation = .identity) {
    let range = output.integerRange(after: activation)
    self.init(
      is_signed: output.elementType == .int8, zero_point: output.zeroPoint,
      lower: range.lowerBound, upper: range.upperBound)
  }
}

/// Rows that are handed out in runs; what has no rows is one row cut into pieces of a vector.
private struct ByteRows {
  let rowLength: Int
  let rows: Partition
  /// Rows, or where these are flat runs of elements.
  let isFlat: Bool

  init(_ shape: Shape, isFlat: Bool, rate: Double, workers: Workers) {
    self.isFlat = isFlat
    rowLength = isFlat ? 1 : shape.last
    rows = Partition(
      count: shape.elementCount / rowLength, unit: isFlat ? 64 : 1,
      nanosecondsPerItem: Double(rowLength) / rate, workers: workers)
  }

  /// The rows of a part, all of which meet the second operand's row at `second`.
  func rows(
    of range: Range<Int>, _ first: UnsafeRawPointer, _ second: UnsafeRawPointer,
    _ output: UnsafeMutableRawPointer, sharesSecond: Bool
  ) -> mnv4_q8_rows {
    let offset = range.lowerBound &* rowLength
    return mnv4_q8_rows(
      first: first + offset, second: sharesSecond ? second : second + offset,
      output: output + offset, row_count: isFlat ? 1 : range.count,
      row_length: isFlat ? range.count : rowLength,
      second_stride: sharesSecond ? 0 : (isFlat ? range.count : rowLength))
  }
}

// MARK: Additions

private struct PackedByteAddition: PackedKernel {
  let problem: mnv4_q8_addition
  let shape: Shape
  let isFlat: Bool
  let kernels: ByteElementwise

  init(_ step: StepProblem, _ kernels: ByteElementwise) {
    guard case .add(let add) = step.operation else { preconditionFailure("not an addition") }
    let sum = IntegerAddition(
      first: step.inputs[0], second: step.inputs[1], output: step.output,
      activation: add.activation)
    shape = step.output.shape
    isFlat = add.channelCount == nil
    problem = mnv4_q8_addition(
      output: mnv4_q8_elements(step.output, add.activation),
      first_multiplier: sum.firstMultiplier, second_multiplier: sum.secondMultiplier,
      shift: sum.shift, first_zero_point: step.inputs[0].zeroPoint,
      second_zero_point: step.inputs[1].zeroPoint,
      added_length: add.channelCount ?? shape.elementCount)
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteAdditionBody(
      run: kernels.add, problem: problem, binding: binding,
      cut: ByteRows(shape, isFlat: isFlat, rate: kernels.rate, workers: workers))
    return ParallelStep(body, partCount: body.cut.rows.partCount, workers: workers)
  }
}

private struct ByteAdditionBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_q8_addition>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let problem: mnv4_q8_addition
  let first: UnsafeRawPointer
  let second: UnsafeRawPointer
  let output: UnsafeMutableRawPointer
  let cut: ByteRows

  init(
    run:
      @escaping @convention(c) (
        UnsafePointer<mnv4_q8_addition>?, UnsafePointer<mnv4_q8_rows>?
      ) -> Void, problem: mnv4_q8_addition, binding: StepBinding, cut: ByteRows
  ) {
    self.run = run
    self.problem = problem
    first = binding.inputs[0]
    second = binding.inputs[1]
    output = binding.output
    self.cut = cut
  }

  func run(part: Int) {
    var own = problem
    var rows = cut.rows(of: cut.rows[part], first, second, output, sharesSecond: false)
    own.added_length = min(own.added_length, rows.row_length)
    run(&own, &rows)
  }
}

// MARK: Products

private struct PackedByteProduct: PackedKernel {
  let problem: mnv4_q8_product
  let shape: Shape
  let isFlat: Bool
  /// Images whose rows each meet a row of the second operand.
  let imageCount: Int
  let kernels: ByteElementwise

  init(_ step: StepProblem, _ kernels: ByteElementwise) {
    guard case .multiply(let multiply) = step.operation else {
      preconditionFailure("not a product")
    }
    let (first, second) = (step.inputs[0], step.inputs[1])
    shape = step.output.shape
    isFlat = first.shape == second.shape
    imageCount = isFlat ? 1 : second.shape.rowCount
    problem = mnv4_q8_product(
      output: mnv4_q8_elements(step.output, multiply.activation),
      first_zero_point: first.zeroPoint, second_zero_point: second.zeroPoint,
      scale: Requantization.scale(first.scale, second.scale, output: step.output.scale))
    self.kernels = kernels
  }

  var sharedByteCount: Int { 0 }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    let body = ByteProductBody(
      run: kernels.multiply, problem: problem, binding: binding,
      cut: ByteRows(shape, isFlat: isFlat, rate: kernels.rate, workers: workers),
      rowsPerImage: shape.rowCount / imageCount)
    return ParallelStep(body, partCount: body.cut.rows.partCount, workers: workers)
  }
}

private struct ByteProductBody: StepBody {
  let run: @convention(c) (UnsafePointer<mnv4_q8_product>?, UnsafePointer<mnv4_q8_rows>?) -> Void
  let problem: mnv4_q8_product
  let first: UnsafeRawPointer
  let second: UnsafeRawPointer
  let output: UnsafeMutableRawPointer
  let cut: ByteRows
  let rowsPerImage: Int

  init(
    run:
      @escaping @convention(c) (
        UnsafePointer<mnv4_q8_product>?, UnsafePointer<mnv4_q8_rows>?
      ) -> Void, problem: mnv4_q8_product, binding: StepBinding, cut: ByteRows, rowsPerImage: Int
  ) {
    self.run = run
    self.problem = problem
    first = binding.inputs[0]
    second = binding.inputs[1]
    output = binding.output
    self.cut = cut
    self.rowsPerImage = rowsPerImage
  }

  func run(part: Int) {
    var own = problem
    let range = cut.rows[part]
    guard !cut.isFlat else {
      var rows = cut.rows(of: range, first, second, output, sharesSecond: false)
      return run(&own, &rows)
    }
    var start = range.lowerBound
    while start < range.upperBound {
      let image = start / rowsPerImage
      let end = min((image &+ 1) &* rowsPerImage, range.upperBound)
      var rows = cut.rows(
        of: start..<end, first, second + image &* cut.rowLength, output, sharesSecond: true)
      run(&own, &rows)
      start = end
    }
  }
}

// MARK: Tables

private struct PackedByteLookup: PackedKernel {
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
  let run:
    @convention(c) (
      UnsafePointer<UInt8>?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int
    ) -> Void
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

private struct PackedByteMean: PackedKernel {
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
