import MNV4Core
import MNV4Graph
import MNV4Kernels

#if XNNPACK
  import MNV4XNNPACK
#endif

/// The backends that must meet the contract of every operation they say they run.
let conformanceBackends: [any Backend] = {
  #if XNNPACK
    [KernelBackend.swift, KernelBackend.microkernels, XNNPACKBackend()]
  #else
    [KernelBackend.swift, KernelBackend.microkernels]
  #endif
}()

/// Every kernel of ours by itself, sharing even the smallest step among its threads.
let kernelBackends: [any Backend] =
  (KernelBackend.swiftFamilies + KernelBackend.microkernelFamilies).flatMap(\.kernels).map {
    KernelBackend(name: "kernel", kernels: [$0], minimumPartNanoseconds: 0)
  }
