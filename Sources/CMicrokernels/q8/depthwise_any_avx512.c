#include "depthwise_any.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

#define MNV4_RUN mnv4_q8_depthwise_any_avx512
#define MNV4_LANES 16
#define V(name) _mm512_##name
#define I(name) _mm512_##name##_si512
typedef __m512i integers;
typedef __m512 floats;

static inline __attribute__((always_inline)) __m512i widen(const uint8_t *bytes, int32_t flip) {
  const __m128i vector = _mm_loadu_si128((const __m128i *)bytes);
  return _mm512_cvtepu8_epi32(_mm_xor_si128(vector, _mm_set1_epi8((int8_t)flip)));
}

static inline __attribute__((always_inline)) void store_bytes(
    __m512i lanes, int32_t flip, uint8_t *output, int32_t count) {
  const __m128i bytes =
      _mm_xor_si128(_mm512_cvtepi32_epi8(lanes), _mm_set1_epi8((int8_t)flip));
  _mm_mask_storeu_epi8(output, (__mmask16)(0xffff >> (16 - count)), bytes);
}

#include "depthwise_any_vectors.h"

#pragma clang attribute pop

#endif
