import CMicrokernels
import MNV4Core
import MNV4Graph

/// Pointwise convolutions of float32, the depthwise ones that read them, and where there are some the pointwise
/// ones that read these, by channels: a kernel for each instruction set that this processor has.
///
/// - Parameter leastValueByteCount: chains in which the value between the layers is no larger are refused.
func channelChainKernels(leastValueByteCount: Int) -> [Kernel] {
  InstructionSet.allCases.reversed().compactMap { set in
    guard let gemm = FloatGemm.all.first(where: { $0.set == set }),
      let depthwise = FloatDepthwise.all.first(where: { $0.set == set })
    else { return nil }
    return ChannelChain(gemm: gemm, depthwise: depthwise, leastValueByteCount: leastValueByteCount)
      .kernel
  }
}

/// The kernel of one instruction set: two panels of the pointwise layer's channels for a whole image, in a
/// thread's memory, then those channels of the depthwise layer, and so on. What lies between the layers stays
/// in a cache, where rows would need all weights again for every few of them. For a last layer, the depthwise
/// one's output lies group by group in the arena: neighbours in memory are written one after another.
private struct ChannelChain: Sendable {
  let gemm: FloatGemm
  let depthwise: FloatDepthwise
  let leastValueByteCount: Int

  /// Channels at a time: what wide tiles take.
  static let groupWidth = 2 * FloatGemm.panelWidth

  /// What a group's values, and the input, which every group reads, may take: together less than a level 2
  /// cache.
  private static let mostGroupByteCount = 320 << 10
  private static let mostInputByteCount = 512 << 10

  struct Layers {
    let first: StepProblem
    let product: FloatLayer
    let second: StepProblem
    let convolution: Convolution
    var last: Last?

    /// The product that reads the depthwise layer's output.
    struct Last {
      let problem: StepProblem
      let product: FloatLayer
      /// The chain's input that it adds.
      let addend: Int?
    }

    /// Of an image between the first two layers.
    var pixelCount: Int { first.output.shape[1] * first.output.shape[2] }

    var groupCount: Int {
      (product.columnCount + ChannelChain.groupWidth - 1) / ChannelChain.groupWidth
    }
    /// Of a group's values, with what kernels may read past them.
    var slotByteCount: Int {
      (pixelCount * ChannelChain.groupWidth + FloatDepthwise.blockWidth)
        * MemoryLayout<Float>.stride
    }
    /// Of what the last layer reads.
    var scratchByteCount: Int { last == nil ? 0 : second.output.byteCount }
  }

  var kernel: Kernel {
    Kernel(
      name: "channels_\(gemm.set.name)",
      supports: { layers($0) != nil },
      nanoseconds: { problem in layers(problem).map(nanoseconds) ?? 0 },
      memory: { problem in
        guard let layers = layers(problem) else { return .none }
        return BackendMemory(
          sharedByteCount: saturatingSum(
            gemm.kernel.memory(layers.first).sharedByteCount,
            depthwise.kernel.memory(layers.second).sharedByteCount,
            layers.last.map { gemm.kernel.memory($0.problem).sharedByteCount } ?? 0))
      },
      pack: { problem throws(BackendError) in
        guard let layers = layers(problem) else { preconditionFailure("not by channels") }
        var last: PackedFloatLayer?
        if let layer = layers.last {
          last = try PackedFloatLayer(gemm, layer.product, layer.problem)
        }
        return PackedChannelChain(
          product: try PackedFloatLayer(gemm, layers.product, layers.first),
          depthwise: try PackedFloatDepthwise(depthwise, layers.convolution, layers.second),
          last: last, layers: layers,
          nanoseconds: gemm.kernel.nanoseconds(layers.first)
            + depthwise.kernel.nanoseconds(layers.second))
      },
      workspaceByteCount: { layers($0)?.slotByteCount ?? 0 },
      scratchByteCount: { layers($0)?.scratchByteCount ?? 0 })
  }

  /// Nil where the problem is no chain that is computed by channels.
  private func layers(_ problem: StepProblem) -> Layers? {
    let links = problem.links
    guard links.count == 2 || links.count == 3, links[1].carried == 0,
      let product = product(links[0]), product.residual == .none,
      let convolution = FloatDepthwise.convolution(links[1].problem), !convolution.hasResidual
    else { return nil }
    let value = links[0].problem.output
    var layers = Layers(
      first: links[0].problem, product: product, second: links[1].problem,
      convolution: convolution)
    guard value.byteCount > leastValueByteCount,
      links[0].problem.inputs[0].byteCount / value.shape[0] <= Self.mostInputByteCount,
      saturatingProduct(layers.pixelCount, Self.groupWidth, MemoryLayout<Float>.stride)
        <= Self.mostGroupByteCount
    else { return nil }
    guard links.count == 3 else { return layers }
    // Groups are whole, of one image.
    guard links[2].carried == 0, let last = self.product(links[2]),
      last.depth.isMultiple(of: Self.groupWidth), value.shape[0] == 1
    else { return nil }
    layers.last = Layers.Last(
      problem: links[2].problem, product: last,
      addend: last.residual == .none ? nil : links[2].operands[1])
    return layers
  }

  /// Nil where the operation is no pointwise layer of one group that is a plain product.
  private func product(_ link: StepProblem.Link) -> FloatLayer? {
    guard case .convolution(let convolution) = link.problem.operation, convolution.isPointwise,
      convolution.groups == 1, isPlain(link)
    else { return nil }
    return FloatLayer(link.problem)
  }

  /// Whether the layer by itself would be a plain product, which gives the same bits.
  private func isPlain(_ link: StepProblem.Link) -> Bool {
    guard
      let fewer = FloatStrassen.all.first(where: { $0.set <= gemm.set })?.rowPart(link)
    else { return true }
    return fewer.nanoseconds >= gemm.kernel.nanoseconds(link.problem)
  }

  /// The layers' own times and what is saved. Measured in `docs/decisions/0009-fused-blocks.md`.
  private func nanoseconds(_ layers: Layers) -> Double {
    let value = layers.first.output
    var total =
      gemm.kernel.nanoseconds(layers.first) + depthwise.kernel.nanoseconds(layers.second)
    total += Double(2 * layers.groupCount * value.shape[0]) * RowChainRates.callNanoseconds
    total -= RowChainRates.savedByChannels(byteCount: value.byteCount)
    if let last = layers.last {
      total += gemm.kernel.nanoseconds(last.problem)
      total -= RowChainRates.savedByGroups(byteCount: layers.second.output.byteCount)
    }
    return max(total, 0)
  }
}

/// The constants of the layers.
private struct PackedChannelChain: PackedKernel {
  let product: PackedFloatLayer
  let depthwise: PackedFloatDepthwise
  let last: PackedFloatLayer?
  let layers: ChannelChain.Layers
  /// An estimate of the first two layers, on one thread.
  let nanoseconds: Double

  var sharedByteCount: Int {
    product.sharedByteCount + depthwise.sharedByteCount + (last?.sharedByteCount ?? 0)
  }
  var workspaceByteCount: Int { layers.slotByteCount }

  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?] {
    let groups = groups(workers)
    return workers.firstParts(of: imageCount * groups.partCount) {
      weights(ofPart: $0, of: groups)
    }
  }

  func prepare(
    _ binding: StepBinding, workers: Workers
  ) throws(BackendError) -> any PreparedStep {
    guard let last else { return channels(binding, workers: workers) }
    guard let scratch = binding.scratch else { preconditionFailure("no scratch memory") }
    let addend = layers.last?.addend.map { binding.inputs[$0] }
    var problem = last.problem(
      StepBinding(
        inputs: [UnsafeRawPointer(scratch)] + (addend.map { [$0] } ?? []), output: binding.output))
    problem.product.input_stride = ChannelChain.groupWidth
    problem.product.run = ChannelChain.groupWidth
    problem.product.run_step =
      layers.second.output.shape.elementCount / layers.second.output.shape.last
      * ChannelChain.groupWidth
    return StepSequence([
      channels(
        StepBinding(
          inputs: binding.inputs, output: scratch, next: last.streamedConstants(workers)),
        workers: workers),
      last.step(problem, next: binding.next, workers: workers),
    ])
  }

  /// The first two layers.
  private func channels(_ binding: StepBinding, workers: Workers) -> any PreparedStep {
    let groups = groups(workers)
    let partCount = imageCount * groups.partCount
    let body = ChannelChainBody(
      gemm: product.gemm.gemm, product: product.problem(binding).product,
      function: FloatFunction(product.layer.activation, product.gemm.set),
      depthwise: depthwise.kernel.run, convolution: depthwise.problem(binding),
      lastFunction: FloatFunction(depthwise.convolution.activation, depthwise.kernel.set),
      isGrouped: last != nil, pixelCount: layers.pixelCount,
      groups: groups,
      ahead: ReadAhead(partCount: partCount, next: binding.next) {
        weights(ofPart: $0, of: groups)
      })
    return ParallelStep(
      body, partCount: partCount, workers: workers,
      keeping: [product.constants, depthwise.constants])
  }

  private var imageCount: Int { layers.first.output.shape[0] }

  /// Of each image.
  private func groups(_ workers: Workers) -> Partition {
    Partition(
      count: layers.groupCount,
      nanosecondsPerItem: nanoseconds / Double(imageCount * layers.groupCount), workers: workers)
  }

  /// From where a part begins to read.
  private func weights(ofPart part: Int, of groups: Partition) -> UnsafeRawBufferPointer {
    let first = groups[part % groups.partCount].lowerBound * ChannelChain.groupWidth
    return UnsafeRawBufferPointer(
      rebasing: product.constants.unsafeBytes[
        (first * product.layer.depth * MemoryLayout<Float>.stride)...])
  }
}

/// Image by image, runs of groups of channels.
private struct ChannelChainBody: ScratchStepBody {
  let gemm: @convention(c) (UnsafePointer<mnv4_f32_gemm>?, mnv4_f32_gemm_range) -> Void
  /// Of all images and channels.
  let product: mnv4_f32_gemm
  /// What is applied to its sums.
  let function: FloatFunction?
  let depthwise:
    @convention(c) (UnsafePointer<mnv4_f32_depthwise>?, mnv4_f32_depthwise_range) -> Void
  /// Of the first image and all channels.
  let convolution: mnv4_f32_depthwise
  /// What is applied to its sums.
  let lastFunction: FloatFunction?
  /// Whether the output lies group by group, not pixel by pixel.
  let isGrouped: Bool
  let pixelCount: Int
  let groups: Partition
  let ahead: ReadAhead

  func run(part: Int, scratch: UnsafeMutableRawPointer) {
    let (image, run) = part.quotientAndRemainder(dividingBy: groups.partCount)
    let values = scratch.assumingMemoryBound(to: Float.self)
    let end = min(groups[run].upperBound &* ChannelChain.groupWidth, product.columns)
    for group in groups[run] {
      let first = group &* ChannelChain.groupWidth
      let count = min(ChannelChain.groupWidth, end &- first)
      let left = min(end &- first &- count, ChannelChain.groupWidth)
      multiply(
        image: image, first: first, count: count,
        next: left > 0 ? weights(ofColumn: first &+ count, count: left) : ahead[part],
        into: values)
      convolve(image: image, first: first, count: count, from: values)
    }
  }

  private func weights(ofColumn first: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: product.weights + first &* product.depth,
      count: count &* product.depth &* MemoryLayout<Float>.stride)
  }

  private func multiply(
    image: Int, first: Int, count: Int, next: UnsafeRawBufferPointer,
    into values: UnsafeMutablePointer<Float>
  ) {
    var own = product
    own.input += image &* pixelCount &* own.input_stride
    own.weights += first &* own.depth
    own.bias += first
    own.output = values
    own.output_stride = ChannelChain.groupWidth
    own.columns = count
    own.next = next.baseAddress
    own.next_bytes = next.count
    gemm(
      &own,
      mnv4_f32_gemm_range(
        row_begin: 0, row_end: pixelCount, panel_begin: 0,
        panel_end: (count &+ FloatGemm.panelWidth &- 1) / FloatGemm.panelWidth))
    function?(values, rows: pixelCount, columns: count, stride: ChannelChain.groupWidth)
  }

  private func convolve(image: Int, first: Int, count: Int, from values: UnsafePointer<Float>) {
    var own = convolution
    let taps = Int(own.kernel_height) &* Int(own.kernel_width)
    let outputs = Int(own.output_height) &* Int(own.output_width)
    own.input = values
    own.input_stride = ChannelChain.groupWidth
    own.weights += first &* taps
    own.bias += first
    if isGrouped {
      own.output += outputs &* first
      own.output_stride = ChannelChain.groupWidth
    } else {
      own.output += image &* outputs &* own.output_stride &+ first
    }
    own.channels = count
    depthwise(
      &own,
      mnv4_f32_depthwise_range(
        row_begin: 0, row_end: own.output_height, block_begin: 0,
        block_end: (count &+ FloatDepthwise.blockWidth &- 1) / FloatDepthwise.blockWidth))
    lastFunction?(own.output, rows: outputs, columns: count, stride: own.output_stride)
  }
}
