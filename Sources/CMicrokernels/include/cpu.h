// Which instruction sets this processor and operating system offer.
#ifndef MNV4_CPU_H
#define MNV4_CPU_H

#include <stdbool.h>
#include <stdint.h>

/// Instruction sets, as bits of a mask. Kernel lists name what they need with the same bits: a
/// kernel may be called where `(needed & ~mnv4_cpu_features()) == 0`.
enum {
  /// AVX2 and FMA.
  MNV4_CPU_AVX2 = 1 << 0,
  /// AVX-512 F, BW, VL and DQ.
  MNV4_CPU_AVX512 = 1 << 1,
  /// AVX-512 VNNI: `vpdpbusd` on 512-bit registers.
  MNV4_CPU_AVX512VNNI = 1 << 2,
};

/// The instruction sets that the processor has and the operating system saves the registers of
/// (CPUID leaves 1 and 7, XGETBV). A set bit implies those below it. 0 on other architectures.
/// Executes CPUID, which traps to the hypervisor on virtual machines: ask once, keep the answer.
uint32_t mnv4_cpu_features(void);

/// Whether the processor is AMD's, of family 17h (Zen) or later. These have units for sums of float32 beside
/// those for fused products, and a last-level cache that is about as fast as the second; Intel's have
/// neither. Executes CPUID, as above. False on other architectures.
bool mnv4_cpu_is_zen(void);

#endif
