import MNV4Core
import MNV4Graph
import MNV4Kernels

#if XNNPACK
  import MNV4XNNPACK
#endif

/// The backends that must meet the contract of every operation they say they run.
let conformanceBackends: [any Backend] = {
  #if XNNPACK
    [SwiftBackend(), XNNPACKBackend()]
  #else
    [SwiftBackend()]
  #endif
}()

/// Every kernel of the `swift` backend by itself, sharing even the smallest step among its threads.
let kernelBackends: [any Backend] = SwiftBackend.families.flatMap(\.kernels).map {
  SwiftBackend(kernels: [$0], minimumPartNanoseconds: 0)
}
