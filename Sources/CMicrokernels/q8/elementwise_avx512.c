#include "elementwise_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

#define MNV4_WIDTH 64
#define MNV4_NAME(name) mnv4_q8_##name##_avx512
#define V(name) _mm512_##name
#define I(name) _mm512_##name##_si512
typedef __m512i integers;
typedef __m512 floats;

static inline __mmask64 first_bytes(ptrdiff_t count) {
  return count < 64 ? ((__mmask64)1 << count) - 1 : ~(__mmask64)0;
}

static inline __m512i load_first(const uint8_t *bytes, ptrdiff_t count, __m512i others) {
  return _mm512_mask_loadu_epi8(others, first_bytes(count), bytes);
}

static inline void store_first(uint8_t *bytes, ptrdiff_t count, __m512i vector) {
  _mm512_mask_storeu_epi8(bytes, first_bytes(count), vector);
}

static inline __m512i exclusive_or(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

static inline __m512i sixteen_bytes(const uint8_t *bytes) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)bytes));
}

static inline __m512 zero_unless_number(__m512 v) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), v);
}

typedef struct {
  __m512 scale, inverse;
  /// Whether the inverse is precise.
  bool has_inverse;
} divisor;

static inline divisor divisor_of(float scale) {
  return (divisor){
      _mm512_set1_ps(scale), _mm512_set1_ps(1 / scale), scale >= 0x1p-100f && scale <= 0x1p100f};
}

/// |v − round(v)|, ties to even; 0 for large ones.
static inline __m512 distance(__m512 v) {
  return _mm512_abs_ps(_mm512_reduce_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

/// To divide takes longer than to multiply by 1 / scale, which gives a quotient that is not two units in
/// the last place off. Where none is as near to half an integer as that, below 2^10, they round to the
/// same; above that all integers are beyond the type.
static inline void divide(const __m512 x[4], const divisor *d, __m512 quotients[4]) {
  for (int i = 0; i < 4; ++i) quotients[i] = _mm512_mul_ps(x[i], d->inverse);
  const __m512 low = _mm512_max_ps(distance(quotients[0]), distance(quotients[1]));
  const __m512 high = _mm512_max_ps(distance(quotients[2]), distance(quotients[3]));
  // Two units below 2^10 are 2^-13. The larger of a number and NaN is the second: NaN may hide the first.
  const __m512 limit = _mm512_set1_ps(0.5f - 0x1p-12f);
  const __mmask16 near = _mm512_cmp_ps_mask(low, limit, _CMP_NLE_UQ)
      | _mm512_cmp_ps_mask(high, limit, _CMP_NLE_UQ);
  if (near == 0 && d->has_inverse) return;
  for (int i = 0; i < 4; ++i) quotients[i] = _mm512_div_ps(x[i], d->scale);
}

static inline __m512i natural_order(__m512i bytes) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, bytes);
}

static inline __m512i lanes_of_bytes(const uint8_t *bytes, bool is_signed) {
  const __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)bytes);
  return is_signed ? _mm512_cvtepi8_epi32(packed) : _mm512_cvtepu8_epi32(packed);
}

#include "elementwise_vectors.h"

#include "elementwise_conversions.h"

#pragma clang attribute pop

#endif
