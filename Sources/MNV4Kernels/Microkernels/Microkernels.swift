import CMicrokernels
import MNV4Core
import MNV4Graph

extension KernelBackend {
  /// The kernels of `CMicrokernels` for this processor's instruction sets.
  ///
  /// Integers are those of `docs/quantization.md`, bit for bit. Sums of float32 add their products in
  /// the order of the weights, each fused into the sum where the processor can.
  package static let microkernels = KernelBackend(
    name: "microkernels", kernels: microkernelFamilies.flatMap(\.kernels))

  /// Every kernel of the `microkernels` backend that this processor runs, by family: also those that a
  /// faster one stands beside.
  package static let microkernelFamilies: [KernelFamily] = [
    KernelFamily(name: "integer layer", kernels: byteGemmKernels()),
    KernelFamily(name: "integer depthwise convolution", kernels: byteDepthwiseKernels()),
    KernelFamily(name: "integer elements", kernels: byteElementwiseKernels()),
    KernelFamily(name: "layer", kernels: floatGemmKernels()),
    KernelFamily(name: "depthwise convolution", kernels: floatDepthwiseKernels()),
    KernelFamily(name: "elements", kernels: floatElementwiseKernels()),
  ]
}

/// The instruction sets that C kernels are made for.
enum InstructionSet: CaseIterable {
  case any
  case avx2
  case avx512
  case avx512VNNI

  /// What the processor offers.
  private static let offered = mnv4_cpu_features()

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

/// What C kernels reach on one thread, in products, elements and bytes a nanosecond: measured on a
/// server core of about 4 GHz. The numbers only rank kernels and size the parts of threads.
struct MicrokernelRates {
  /// Multiply-accumulates.
  let matrix: Double
  let depthwise: Double
  /// Elements of an output, from sums.
  let outputs: Double

  static func integers(_ set: InstructionSet) -> MicrokernelRates {
    switch set {
    case .any: MicrokernelRates(matrix: 1, depthwise: 0.5, outputs: 1)
    case .avx2: MicrokernelRates(matrix: 60, depthwise: 15, outputs: 8)
    case .avx512: MicrokernelRates(matrix: 120, depthwise: 30, outputs: 16)
    case .avx512VNNI: MicrokernelRates(matrix: 400, depthwise: 60, outputs: 16)
    }
  }

  static func floats(_ set: InstructionSet) -> MicrokernelRates {
    switch set {
    case .any: MicrokernelRates(matrix: 10, depthwise: 5, outputs: 4)
    case .avx2: MicrokernelRates(matrix: 55, depthwise: 20, outputs: 8)
    case .avx512, .avx512VNNI: MicrokernelRates(matrix: 100, depthwise: 35, outputs: 16)
    }
  }

  /// What a call costs besides.
  static let overheadNanoseconds = 100.0
}

extension Int32 {
  /// Whether a C kernel's field can hold all of them.
  static func holds(_ numbers: Int...) -> Bool { numbers.allSatisfy { $0 <= Int(Int32.max) } }
}
