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
