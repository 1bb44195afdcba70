// Softmax in AVX-512.
#include "softmax_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#include "vector_math_avx512.h"
#define VEC_MATH_FUSED 0
#include "vector_math.h"

VEC_INLINE vec vec_greatest_of(vec acc, vec x, vec_mask lanes) {
  return _mm512_mask_max_ps(acc, lanes, x, acc);
}

VEC_INLINE float vec_greatest(vec x) { return _mm512_reduce_max_ps(x); }

VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  const __m128i bytes = _mm_maskz_loadu_epi8(vec_first(count), p);
  const __m512i wide = is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(wide, _mm512_set1_epi32(zero)));
}

VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  const __m512i integers = _mm512_add_epi32(_mm512_cvtps_epi32(steps), _mm512_set1_epi32(zero));
  const __m128i bytes = _mm512_cvtepi32_epi8(integers);
  if (count >= VEC_LANES) {
    _mm_storeu_si128((__m128i *)(void *)p, bytes);
  } else {
    _mm_mask_storeu_epi8(p, vec_first(count), bytes);
  }
}

#include "softmax_template.h"

#pragma clang attribute pop

const struct mnv4_softmax_kernel mnv4_softmax_avx512 = {
    "softmax_avx512", MNV4_CPU_AVX512, softmax_run};

#endif
