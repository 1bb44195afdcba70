// The list of the float32 depthwise convolutions, and what they share.

#include "f32_depthwise.h"

static const struct mnv4_f32_depthwise_kernel kernels[] = {
#if defined(__x86_64__)
    {"f32_depthwise_avx512", MNV4_CPU_AVX512, 3, mnv4_f32_depthwise_avx512},
    {"f32_depthwise_avx2", MNV4_CPU_AVX2, 2, mnv4_f32_depthwise_avx2},
#endif
    {"f32_depthwise_portable", 0, 2, mnv4_f32_depthwise_portable},
};

const struct mnv4_f32_depthwise_kernel *mnv4_f32_depthwise_kernel_at(int32_t index) {
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? &kernels[index] : 0;
}

enum { BLOCK = MNV4_F32_DEPTHWISE_BLOCK };

void mnv4_f32_depthwise_pack(
    const float *weights, ptrdiff_t taps, ptrdiff_t channels, float *packed) {
  for (ptrdiff_t start = 0; start < channels; start += BLOCK) {
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
      for (ptrdiff_t lane = 0; lane < BLOCK; lane++) {
        const ptrdiff_t channel = start + lane;
        *packed++ = channel < channels ? weights[channel * taps + tap] : 0;
      }
    }
  }
}
