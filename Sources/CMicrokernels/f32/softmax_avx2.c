// Softmax in AVX2.
#include "softmax_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
#include "bytes_avx2.h"
#include "vector_math_avx2.h"
#define VEC_MATH_FUSED 0
#include "vector_math.h"

VEC_INLINE vec vec_greatest_of(vec acc, vec x, vec_mask lanes) {
  return _mm256_blendv_ps(acc, _mm256_max_ps(x, acc), _mm256_castsi256_ps(lanes));
}

VEC_INLINE float vec_greatest(vec x) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

#include "softmax_template.h"

#pragma clang attribute pop

const struct mnv4_softmax_kernel mnv4_softmax_avx2 = {
    "softmax_avx2", MNV4_CPU_AVX2, softmax_run};

#endif
