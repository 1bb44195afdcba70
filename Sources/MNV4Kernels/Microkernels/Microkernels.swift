import CMicrokernels
import MNV4Core
import MNV4Graph

extension KernelBackend {
  /// The kernels of `CMicrokernels` for this processor's instruction sets.
  ///
  /// Integers are those of `docs/quantization.md`, bit for bit. Sums of float32 add their products in
  /// the order of the weights, each fused into the sum where the processor can, but for those of large
  /// pointwise layers and of strided 3×3 ones (`docs/decisions/0010-strassen.md`, `0012-winograd.md`).
  package static let microkernels = KernelBackend(
    name: "microkernels", prefersUnsignedIntegers: multipliesUnsignedIntegers,
    kernels: microkernelFamilies.flatMap(\.kernels), chainKernels: fastestChains)

  /// Instructions of AVX-512 VNNI multiply uint8 by int8: pointwise layers read uint8 where it lies, int8 in
  /// copies with other signs.
  private static let multipliesUnsignedIntegers = ByteGemm.all.first?.set == .avx512VNNI

  /// By rows and by channels in the largest instruction set alone, which knows all that the others know, and
  /// where values are large enough for that to save anything: planning asks for every chain of a network.
  private static let fastestChains =
    byteGemmAdditionKernels()
    + rowChainKernels(
      bufferByteCount: rowBufferByteCount, leastValueByteCount: RowChainRates.level2ByteCount
    ).prefix(1)
    + channelChainKernels(leastValueByteCount: RowChainRates.nearByteCount).prefix(1)

  /// What the rows between two layers of a chain may take on each thread: half of a level 2 cache, which
  /// weights, input and output share.
  private static let rowBufferByteCount = 1 << 19

  /// Every kernel of the `microkernels` backend that this processor runs, of those for chains of
  /// operations.
  ///
  /// - Parameter bufferByteCount: what the rows between two layers of a chain may take on each thread.
  package static func microkernelChains(
    bufferByteCount: Int = rowBufferByteCount
  ) -> [Kernel] {
    byteGemmAdditionKernels()
      + rowChainKernels(bufferByteCount: bufferByteCount, leastValueByteCount: 0)
      + channelChainKernels(leastValueByteCount: 0)
  }

  /// Every kernel of the `microkernels` backend that this processor runs, by family: also those that a
  /// faster one stands beside.
  package static let microkernelFamilies: [KernelFamily] = [
    KernelFamily(name: "integer layer", kernels: byteGemmKernels()),
    KernelFamily(name: "integer depthwise convolution", kernels: byteDepthwiseKernels()),
    KernelFamily(name: "integer matrix product", kernels: byteMatrixProductKernels()),
    KernelFamily(name: "matrix product", kernels: floatMatrixProductKernels()),
    KernelFamily(name: "softmax", kernels: softmaxRowKernels()),
    KernelFamily(name: "integer elements", kernels: byteElementwiseKernels()),
    KernelFamily(name: "average pool", kernels: averagePoolKernels()),
    KernelFamily(name: "copies", kernels: copyKernels()),
    KernelFamily(name: "layer", kernels: floatGemmKernels()),
    KernelFamily(name: "pointwise layer in fewer products", kernels: floatStrassenKernels()),
    KernelFamily(name: "strided layer in fewer products", kernels: floatWinogradKernels()),
    KernelFamily(name: "depthwise convolution", kernels: floatDepthwiseKernels()),
    KernelFamily(name: "elements", kernels: floatElementwiseKernels()),
    KernelFamily(name: "functions", kernels: floatFunctionKernels()),
  ]
}

/// The entries of a C list, which gives them by index from 0 on and NULL beyond the last.
func entries<Entry>(_ at: (Int32) -> UnsafePointer<Entry>?) -> [Entry] {
  var entries: [Entry] = []
  while let entry = at(Int32(entries.count)) { entries.append(entry.pointee) }
  return entries
}

/// The instruction sets that C kernels are made for, each of which has all of the one before.
enum InstructionSet: Int, CaseIterable, Comparable {
  case any
  case avx2
  case avx512
  case avx512VNNI

  /// What the processor offers.
  private static let offered = mnv4_cpu_features()

  /// As in the names of kernels.
  var name: String {
    switch self {
    case .any: "portable"
    case .avx2: "avx2"
    case .avx512: "avx512"
    case .avx512VNNI: "avx512vnni"
    }
  }

  static func < (first: InstructionSet, second: InstructionSet) -> Bool {
    first.rawValue < second.rawValue
  }

  /// The largest of the sets that a kernel asks for; nil where the processor lacks one.
  init?(features: UInt32) {
    guard features & ~Self.offered == 0 else { return nil }
    func asks(_ bit: Int) -> Bool { features & UInt32(bit) != 0 }
    if asks(MNV4_CPU_AVX512VNNI) {
      self = .avx512VNNI
    } else if asks(MNV4_CPU_AVX512) {
      self = .avx512
    } else if asks(MNV4_CPU_AVX2) {
      self = .avx2
    } else {
      self = .any
    }
  }
}

/// What estimates know of the processor beside its instruction sets.
package enum Processor {
  /// AMD's Zen: sums of float32 run beside products, and the last cache is about as fast as the second. Tests
  /// plan for both kinds.
  @TaskLocal package static var isZen = mnv4_cpu_is_zen()
}

/// What C kernels reach on one thread, in products and elements a nanosecond, measured on a server
/// core of about 4 GHz (`docs/performance.md`). The numbers only rank kernels and size the parts of
/// threads.
struct MicrokernelRates {
  /// Multiply-accumulates of long sums.
  let matrix: Double
  /// Elements that sums become, and elements that they are made of.
  let outputs: Double
  /// Multiply-accumulates of a depthwise 3×3 filter at stride 1.
  let depthwise: Double
  /// Elements of additions, products and functions.
  let elements: Double

  static func integers(_ set: InstructionSet) -> MicrokernelRates {
    switch set {
    case .any: MicrokernelRates(matrix: 4, outputs: 1, depthwise: 1, elements: 1)
    case .avx2: MicrokernelRates(matrix: 98, outputs: 25, depthwise: 43, elements: 8)
    case .avx512: MicrokernelRates(matrix: 200, outputs: 50, depthwise: 75, elements: 18)
    case .avx512VNNI: MicrokernelRates(matrix: 430, outputs: 64, depthwise: 110, elements: 18)
    }
  }

  static func floats(_ set: InstructionSet) -> MicrokernelRates {
    switch set {
    case .any: MicrokernelRates(matrix: 15, outputs: 4, depthwise: 8, elements: 4)
    case .avx2: MicrokernelRates(matrix: 57, outputs: 20, depthwise: 48, elements: 8)
    case .avx512, .avx512VNNI:
      MicrokernelRates(matrix: 117, outputs: 30, depthwise: 72, elements: 14)
    }
  }

  /// Elements of functions with one exponential in them.
  static func exponentials(_ set: InstructionSet) -> Double {
    switch set {
    case .any: 0.7
    case .avx2: 2.2
    case .avx512, .avx512VNNI: 5.2
    }
  }

  /// Bytes read and written a nanosecond.
  static let memory = 65.0
  /// What a call costs besides.
  static let overheadNanoseconds = 100.0

  /// Multiply-accumulates of a depthwise filter: more where a loaded pixel meets more taps, fewer
  /// where every other pixel is passed over.
  func depthwise(_ kernel: Extent, stride: Extent) -> Double {
    let reuse = kernel.height * kernel.width >= 25 ? 1.35 : 1
    return depthwise * reuse * (stride == .one ? 1 : 0.52)
  }

  /// Time of a depthwise convolution, whose channels beyond the last whole vector cost as much.
  func nanoseconds(_ convolution: Convolution, of problem: StepProblem) -> Double {
    let channels = problem.output.shape.last
    let share = Double(channels.roundedUp(to: 16)) / Double(channels)
    let rate = depthwise(convolution.kernel, stride: convolution.stride)
    return max(
      Double(problem.multiplyAccumulateCount) * share / rate,
      Double(problem.operandByteCount) / Self.memory)
      + Self.overheadNanoseconds
  }
}

extension Int32 {
  /// Whether a C kernel's field can hold all of them.
  static func holds(_ numbers: Int...) -> Bool { numbers.allSatisfy { $0 <= Int(Int32.max) } }
}

extension WindowGeometry {
  /// Whether the float32 kernels in C count as far as the images reach. Filters, steps and padding
  /// are far below their bound in every valid graph.
  var fitsFloatKernels: Bool {
    [inputHeight, inputWidth, outputHeight, outputWidth].allSatisfy { $0 <= 1 << 20 }
  }
}
