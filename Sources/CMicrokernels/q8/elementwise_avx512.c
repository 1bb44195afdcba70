#include "elementwise_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

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

#include "elementwise_vectors.h"

#pragma clang attribute pop

#endif
