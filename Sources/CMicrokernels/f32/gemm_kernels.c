// The list of the float32 matrix products, and what they share.

#include "gemm_conv.h"

static const struct mnv4_f32_gemm_kernel kernels[] = {
#if defined(__x86_64__)
    // These two change places where the second is the faster one.
    {"f32_gemm_14x32_avx512", MNV4_CPU_AVX512, 14, 32, mnv4_f32_gemm_14x32_avx512,
     mnv4_f32_conv_14x32_avx512},
    {"f32_gemm_6x64_avx512", MNV4_CPU_AVX512, 6, 64, mnv4_f32_gemm_6x64_avx512,
     mnv4_f32_conv_6x64_avx512},
    {"f32_gemm_6x16_avx2", MNV4_CPU_AVX2, 6, 16, mnv4_f32_gemm_6x16_avx2,
     mnv4_f32_conv_6x16_avx2},
#endif
    {"f32_gemm_6x8_portable", 0, 6, 8, mnv4_f32_gemm_6x8_portable, mnv4_f32_conv_6x8_portable},
};

const struct mnv4_f32_gemm_kernel *mnv4_f32_gemm_kernel_at(int32_t index) {
  const int32_t count = sizeof kernels / sizeof kernels[0];
#if defined(__x86_64__)
  if (index >= 0 && index < 2 && !mnv4_cpu_is_zen()) index = 1 - index;
#endif
  return index >= 0 && index < count ? &kernels[index] : 0;
}

void mnv4_f32_gemm_pack(
    const float *weights, ptrdiff_t depth, ptrdiff_t columns, float *packed) {
  for (ptrdiff_t start = 0; start < columns; start += MNV4_F32_PANEL) {
    for (ptrdiff_t k = 0; k < depth; k++) {
      for (ptrdiff_t lane = 0; lane < MNV4_F32_PANEL; lane++) {
        const ptrdiff_t column = start + lane;
        *packed++ = column < columns ? weights[column * depth + k] : 0;
      }
    }
  }
}

ptrdiff_t mnv4_f32_conv_scratch_bytes(const struct mnv4_f32_conv *conv) {
  const ptrdiff_t patch = conv_patch_count(conv, CONV_MAX_TILE_ROWS);
  // A kernel with smaller tiles has more patches to a block, but no more floats than these.
  const ptrdiff_t floats =
      patch * CONV_MAX_BLOCK_TILES < CONV_BLOCK_FLOATS + patch ? patch * CONV_MAX_BLOCK_TILES
                                                               : CONV_BLOCK_FLOATS + patch;
  return floats * (ptrdiff_t)sizeof(float);
}
