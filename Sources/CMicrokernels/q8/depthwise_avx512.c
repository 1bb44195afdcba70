#include "depthwise_tiles.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

#define MNV4_WIDTH 64
#define MNV4_CELL 2
#define MNV4_RUN mnv4_q8_depthwise_rows_avx512
#include "depthwise_avx512.h"

static inline __attribute__((always_inline)) __m512i multiply_add(
    __m512i sums, __m512i group, __m512i weights) {
  return _mm512_add_epi32(sums, _mm512_madd_epi16(group, weights));
}

/// Two pixels of 64 channels → lanes of two 16-bit integers.
static inline __attribute__((always_inline)) void interleave(
    const __m512i pixels[2], uint8_t *cell) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i low = _mm512_unpacklo_epi8(pixels[0], pixels[1]);
  const __m512i high = _mm512_unpackhi_epi8(pixels[0], pixels[1]);
  _mm512_store_si512(cell, _mm512_unpacklo_epi8(low, zero));
  _mm512_store_si512(cell + 64, _mm512_unpackhi_epi8(low, zero));
  _mm512_store_si512(cell + 128, _mm512_unpacklo_epi8(high, zero));
  _mm512_store_si512(cell + 192, _mm512_unpackhi_epi8(high, zero));
}

#include "depthwise_rows.h"

#pragma clang attribute pop

#endif
