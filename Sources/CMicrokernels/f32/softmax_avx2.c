// Softmax in AVX2.
#include "softmax_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
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

/// Eight bytes are read, whatever `count`.
VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  (void)count;
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
  const __m256i wide = is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(wide, _mm256_set1_epi32(zero)));
}

VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  const __m256i integers = _mm256_add_epi32(_mm256_cvtps_epi32(steps), _mm256_set1_epi32(zero));
  const __m256i low = _mm256_and_si256(integers, _mm256_set1_epi32(255));
  const __m128i shorts =
      _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  const __m128i bytes = _mm_packus_epi16(shorts, shorts);
  if (count >= VEC_LANES) {
    _mm_storel_epi64((__m128i *)(void *)p, bytes);
    return;
  }
  uint8_t buffer[8];
  _mm_storel_epi64((__m128i *)(void *)buffer, bytes);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = buffer[i];
}

#include "softmax_template.h"

#pragma clang attribute pop

const struct mnv4_softmax_kernel mnv4_softmax_avx2 = {
    "softmax_avx2", MNV4_CPU_AVX2, softmax_run};

#endif
