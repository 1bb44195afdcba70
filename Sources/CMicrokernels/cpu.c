#include "cpu.h"

#if defined(__x86_64__)

#include <cpuid.h>

/// Register states that the operating system saves (XCR0).
static uint64_t enabled_states(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

uint32_t mnv4_cpu_features(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const uint32_t needed1 = bit_FMA | bit_OSXSAVE | bit_AVX;
  if ((c & needed1) != needed1) return 0;
  const uint64_t states = enabled_states();
  if ((states & 0x6) != 0x6) return 0;  // SSE and AVX registers
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if (!(b & bit_AVX2)) return 0;
  uint32_t features = MNV4_CPU_AVX2;

  const uint32_t needed7 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
  if ((b & needed7) != needed7) return features;
  if ((states & 0xe6) != 0xe6) return features;  // and masks, upper halves, registers 16 to 31
  features |= MNV4_CPU_AVX512;
  if (c & bit_AVX512VNNI) features |= MNV4_CPU_AVX512VNNI;
  return features;
}

bool mnv4_cpu_is_zen(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d)) return false;
  if (b != signature_AMD_ebx || d != signature_AMD_edx || c != signature_AMD_ecx) return false;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
  const uint32_t family = (a >> 8 & 0xf) + (a >> 20 & 0xff);
  return family >= 0x17;
}

#else

uint32_t mnv4_cpu_features(void) { return 0; }
bool mnv4_cpu_is_zen(void) { return false; }

#endif
